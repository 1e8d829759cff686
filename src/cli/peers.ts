import { dirname } from 'node:path'
import { Command } from 'commander'
import type { SwarmStatus } from '../types.ts'
import { UsageError } from './exit.ts'
import { DEFAULT_MODEL, DEMO_MODEL, demoOutputs, jsonOption, unlessGiven } from './options.ts'
import { noteIn, statusOf } from './running-peer.ts'
import { stateFolder } from './swarm-options.ts'
import { bytes, count, duration, peerName, table } from './table.ts'

/** `tensair peers`: what a running peer knows of its links and of its swarm. */
export function peers(): Command {
  return new Command('peers')
    .description('shows the links of a running peer, and the members of its swarm')
    .addOption(
      unlessGiven(
        '--state <folder>',
        "the peer's state folder",
        'that of a peer started here without --output or --state'
      )
    )
    .addOption(jsonOption())
    .action(async ({ state, json }: { state?: string; json: boolean }) => {
      const status = state === undefined ? await statusHere() : await statusIn(state)
      console.log(json ? JSON.stringify(status) : describeStatus(status, Date.now()))
    })
}

/** The status of the peer that keeps its state in a folder. */
async function statusIn(state: string): Promise<SwarmStatus> {
  const note = await noteIn(state)
  const status = note === undefined ? undefined : await statusOf(note)
  if (status !== undefined) return status
  const gone = note === undefined ? '' : ` (that of process ${note.process} is gone)`
  throw new UsageError(
    `peers: no peer runs with its state in ${state}${gone}; give --state FOLDER, or start one with --swarm NAME`
  )
}

/** The status of the first peer that was started in this folder without --output or --state; where there are more, says which it is. */
async function statusHere(): Promise<SwarmStatus> {
  const { defaultFolders } = await import('./output-folder.ts')
  const { jobFolders } = await import('./state-folder.ts')
  const folders = [...(await defaultFolders()), ...demoOutputs(DEMO_MODEL), ...(await jobFolders())]
  const states = folders.map(stateFolder)
  const asked = await Promise.all(
    states.map(async state => {
      const note = await noteIn(state)
      const status = note === undefined ? undefined : await statusOf(note)
      return status === undefined ? [] : [{ state, status }]
    })
  )
  const [first, ...others] = asked.flat()
  if (first === undefined) {
    throw new UsageError(
      `peers: no peer runs in ${dirname(DEFAULT_MODEL)}; give --state FOLDER, or start one with --swarm NAME`
    )
  }
  if (others.length > 0) {
    const more = others.map(other => `--state ${other.state}`).join(', ')
    console.error(`this is the peer in ${first.state}; for the others: ${more}`)
  }
  return first.status
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
  const channels = status.channels.map(channel => [
    peerName(channel.peer),
    channel.names.join(', '),
    bytes(channel.bytesIn),
    bytes(channel.bytesOut),
    `${bytes(channel.bytesInPerSecond)}/s`,
    `${bytes(channel.bytesOutPerSecond)}/s`,
    bytes(channel.waitingBytes)
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
  const channelHeading = ['items with', 'channels', 'in', 'out', 'in', 'out', 'waiting']
  const memberHeading = ['peer', 'age', 'words', 'position', 'source', 'finished']
  return [
    `swarm ${status.swarm}, peer ${status.peer}${status.root ? ', root' : ''}`,
    links.length === 0 ? 'no links' : table([linkHeading, ...links], [2, 3, 4, 5, 6, 7]),
    ...(channels.length === 0 ? [] : [table([channelHeading, ...channels], [2, 3, 4, 5, 6])]),
    table([memberHeading, ...members], [1, 2, 3])
  ].join('\n\n')
}
