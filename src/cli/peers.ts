import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import type { SwarmStatus } from '../types.ts'
import { UsageError } from './exit.ts'
import { DEFAULT_MODEL, jsonOption } from './options.ts'
import { STATUS_FILE, type StatusNote } from './status-note.ts'
import { stateFolder } from './swarm-options.ts'
import { bytes, count, duration, peerName, table } from './table.ts'

const PATIENCE_MS = 10_000

/** `tensair peers`: what a running peer knows of its links and of its swarm. */
export function peers(): Command {
  return new Command('peers')
    .description('shows the links of a running peer, and the members of its swarm')
    .option('--state <folder>', "the peer's state folder", stateFolder(DEFAULT_MODEL))
    .addOption(jsonOption())
    .action(async ({ state, json }: { state: string; json: boolean }) => {
      const status = await statusOf(state)
      console.log(json ? JSON.stringify(status) : describeStatus(status, Date.now()))
    })
}

/** The status of the peer that keeps its state in a folder. */
async function statusOf(state: string): Promise<SwarmStatus> {
  const note = await noteIn(state)
  const status = note === undefined ? undefined : await ask(note)
  if (status !== undefined) return status
  const gone = note === undefined ? '' : ` (that of process ${note.process} is gone)`
  throw new UsageError(
    `peers: no peer runs with its state in ${state}${gone}; give --state FOLDER, or start one with --swarm NAME`
  )
}

async function noteIn(state: string): Promise<StatusNote | undefined> {
  try {
    return JSON.parse(await readFile(join(state, STATUS_FILE), 'utf8'))
  } catch {
    return undefined
  }
}

/** Nothing where the peer does not answer; what answers in its place is not it. */
async function ask({ address, peer }: StatusNote): Promise<SwarmStatus | undefined> {
  try {
    const answer = await fetch(`${address}/status`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const status: SwarmStatus = await answer.json()
    return status.peer === peer ? status : undefined
  } catch {
    return undefined
  }
}

/** A status as people read it; `now` in ms since 1970. */
export function describeStatus(status: SwarmStatus, now: number): string {
  const links = status.links.map(link => [
    peerName(link.peer),
    link.role,
    bytes(link.bytesIn),
    bytes(link.bytesOut),
    `${bytes(link.bytesInPerSecond)}/s`,
    `${bytes(link.bytesOutPerSecond)}/s`,
    String(link.unacknowledged),
    String(link.waiting)
  ])
  const members = status.members.map(member => [
    `${peerName(member.peer)}${member.peer === status.peer ? ' (this)' : ''}`,
    duration(Math.max(0, now - member.start) / 1000),
    count(member.words),
    bytes(member.position),
    member.source === '' ? 'its own' : member.source.slice(0, 8),
    member.finished ? 'yes' : 'no'
  ])
  const linkHeading = ['link to', 'role', 'in', 'out', 'in', 'out', 'unacknowledged', 'waiting']
  const memberHeading = ['peer', 'age', 'words', 'position', 'source', 'finished']
  return [
    `swarm ${status.swarm}, peer ${status.peer}${status.root ? ', root' : ''}`,
    links.length === 0 ? 'no links' : table([linkHeading, ...links], [2, 3, 4, 5, 6, 7]),
    table([memberHeading, ...members], [1, 2, 3])
  ].join('\n\n')
}
