import type { RowNames, TableShape } from '../types.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { CodecError } from './codec-error.ts'
import type { Forms, MessageOf } from './codec-form.ts'
import { ledgerForms } from './codec-ledger.ts'
import { treeForms } from './codec-tree.ts'
import type { Content } from './content.ts'
import { isControl, limitOf, type MessageName, nameOf, numberOf } from './message-types.ts'
import type { Message } from './messages.ts'
import { TextsSent } from './texts-sent.ts'

// Less is copied into one part, since many small writes cost more than that.
const ONE_PART = 64 * 1024

/** A message as a link takes it. */
export interface EncodedMessage {
  /** Its number (message-types.ts). */
  readonly type: number
  /** Its bytes, to be sent one after the other; some may be views of the message, which must not change before. */
  readonly parts: readonly Uint8Array[]
  /** Whether it may overtake messages that are not control. */
  readonly control: boolean
}

/** Messages to and from bytes, on one link. It remembers which words the other side has, so each link has its own. */
export interface Codec {
  /**
   * Every frame and state it writes must be sent, in this order, or words are missing on the other side.
   * @throws RangeError where a message cannot be said: a number out of its range, or more bytes than its type may have.
   */
  encode(message: Message<Content>): EncodedMessage
  /**
   * The message in these bytes, of which it keeps none; words that it brings have been admitted, so messages that are to be
   * ignored must be decoded too.
   * @throws CodecError, and nothing else, where there is none; NoRoomError (which is one) where it has words for which there is no room.
   */
  decode(type: number, bytes: Uint8Array): Message<Content>
}

/** A codec for a new link, in a job of these tables; `names` are those of this peer's rows. */
export function createCodec({
  tables,
  names
}: {
  readonly tables: readonly TableShape[]
  readonly names: RowNames
}): Codec {
  const forms: Forms<MessageName> = { ...treeForms, ...ledgerForms(tables, names, new TextsSent()) }

  function write<Name extends MessageName>(name: Name, message: MessageOf<Name>): Uint8Array[] {
    const writer = new ByteWriter()
    forms[name].write(writer, message)
    return writer.finish()
  }

  return {
    encode(message) {
      const type = numberOf(message.type)
      const parts = write(message.type, message)
      const bytes = parts.reduce((sum, part) => sum + part.length, 0)
      const limit = limitOf(type, tables) ?? 0
      if (bytes > limit)
        throw new RangeError(`codec: ${message.type} must be at most ${limit} bytes; got ${bytes}`)
      return { type, parts: bytes <= ONE_PART ? [joined(parts, bytes)] : parts, control: isControl(type) }
    },
    decode(type, bytes) {
      const name = nameOf(type)
      const limit = limitOf(type, tables)
      if (name === undefined || limit === undefined)
        throw new CodecError(`type ${type}`, 'a message must be of a known type', 'another')
      if (bytes.length > limit) throw new CodecError(name, `at most ${limit} bytes`, bytes.length)
      const reader = new ByteReader(name, bytes)
      const message = forms[name].read(reader)
      reader.end()
      return message
    }
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
