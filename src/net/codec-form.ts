import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Content } from './content.ts'
import type { MessageName } from './message-types.ts'
import type { Message } from './messages.ts'

/** The messages of a name. */
export type MessageOf<Name extends MessageName> = Extract<Message<Content>, { readonly type: Name }>

/** How a message is written and read. */
export interface Form<Name extends MessageName> {
  /** Writes all fields. @throws RangeError where one cannot be said. */
  write(to: ByteWriter, message: MessageOf<Name>): void
  /** Reads all fields. @throws CodecError */
  read(from: ByteReader): MessageOf<Name>
}

/** A form for each of some messages. */
export type Forms<Name extends MessageName> = { readonly [One in Name]: Form<One> }
