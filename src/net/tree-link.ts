import { isOlder } from './age.ts'
import type { Candidate } from './candidates.ts'
import { checkMember, type Known, MOST_MEMBERS } from './members.ts'
import type { Age, TreeMessage } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

const SILENCE_MS = 8_000
const ANSWER_MS = 5_000
/** How long a link may serve nothing: the younger side, which decides, closes it before the older does. */
const IDLE_MS = { younger: 5_000, older: 8_000 }

/** What the tree knows of a link whose hellos have been exchanged. */
export interface Link {
  readonly id: string
  /** Whose the far end is. */
  readonly age: Age
  /** What was dialled; undefined where the other side dialled. */
  readonly candidate: Candidate | undefined
  /** Whether the far end had room for a child when it said hello. */
  readonly room: boolean
  /** What the far end is: nothing yet, asked to be parent, or one of the two. */
  role: 'met' | 'asked' | 'parent' | 'child'
  /** When it became that. */
  since: number
  /** When anything came last. */
  heard: number
  /** When members were sent last. */
  told: number
  /** Whether the far end has said whom it knows. */
  listed: boolean
  readonly known: Known
}

/** Why a link must be closed; undefined where it may go on. */
export function overdue({ age, role, since, heard }: Link, self: Age, now: number): string | undefined {
  if (now - heard >= SILENCE_MS) return `nothing came for ${SILENCE_MS / 1000} s`
  if (role === 'asked' && now - since >= ANSWER_MS) return `no answer for ${ANSWER_MS / 1000} s`
  const idle = isOlder(age, self) ? IDLE_MS.younger : IDLE_MS.older
  if (role === 'met' && now - since >= idle) return 'not needed'
  return undefined
}

/** @throws ProtocolError where a message may not come on a link now, or is not sound. */
export function checkTreeMessage({ age, role }: Link, self: Age, message: TreeMessage): void {
  const refuse = (rule: string) =>
    new ProtocolError(`tree: ${rule}; got ${message.type} from ${age.peer} (${role})`)
  switch (message.type) {
    case 'attach':
      if (!isOlder(self, age)) throw refuse('only a younger peer may ask for a parent')
      if (role !== 'met') throw refuse('a peer asks once')
      return
    case 'attached':
      if (role !== 'asked') throw refuse('only who was asked may become parent')
      return
    case 'redirect':
      if (role !== 'asked' && role !== 'parent')
        throw refuse('only a parent, or who was asked, may send away')
      break
    case 'goodbye':
      return
  }
  if (message.members.length > MOST_MEMBERS) throw refuse(`at most ${MOST_MEMBERS} records come at once`)
  for (const member of message.members) checkMember(member)
}
