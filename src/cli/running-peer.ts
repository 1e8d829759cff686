import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SwarmStatus } from '../types.ts'
import { STATUS_FILE, type StatusNote } from './status-note.ts'

const PATIENCE_MS = 10_000

/** What a peer has noted in its state folder; undefined where none has. The peer may be gone. */
export async function noteIn(state: string): Promise<StatusNote | undefined> {
  try {
    return JSON.parse(await readFile(join(state, STATUS_FILE), 'utf8'))
  } catch {
    return undefined
  }
}

/** The status of the peer that a note is of; undefined where it does not answer. What answers in its place is not it. */
export async function statusOf({ address, peer }: StatusNote): Promise<SwarmStatus | undefined> {
  try {
    const answer = await fetch(`${address}/status`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const status: SwarmStatus = await answer.json()
    return status.peer === peer ? status : undefined
  } catch {
    return undefined
  }
}
