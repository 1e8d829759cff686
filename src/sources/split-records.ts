import type { Position } from '../types.ts'
import { type ByteSource, type TextStart, tooShort } from './bytes.ts'
import { type CutRecords, RecordCutter, type RecordForm } from './record-cutter.ts'
import { byteOrderMark, refuseBinary } from './split-lines.ts'

/** Bytes of the source whose records are handed out together; they are parsed at once, and others want their turn. */
const PART_BYTES = 64 * 1024

export interface SplitRecordsOptions {
  /** What the source is called, for messages. */
  readonly name: string
  readonly form: RecordForm
  /** Whether each text begins with a record of its own kind, handed out alone even where it stands before `from`. */
  readonly header: boolean
  /** Uncompressed bytes to leave out. The source begins there, or at 0 where there are headers to be read. */
  readonly from: number
  readonly signal: AbortSignal | undefined
}

/** Some records of one text. */
export interface RecordBlock {
  readonly records: CutRecords
  /** The text's name; undefined where reading began inside of it. */
  readonly text: string | undefined
  readonly header: boolean
  /** Where the source stands after them; absent for a header. */
  readonly position?: Position
}

/**
 * Cuts a source's bytes into records. Their positions are exact: right after the line end of the last record. When `signal`
 * aborts, a record whose end has not come is left for the next run.
 *
 * @throws SourceError where the source ends before `from`, or a text is none.
 */
export async function* splitRecords(
  source: ByteSource,
  { name, form, header, from, signal }: SplitRecordsOptions
): AsyncGenerator<RecordBlock> {
  let read = header ? 0 : from
  let wanted = from
  let opened: TextStart | undefined
  let text: string | undefined
  let head: RecordCutter | undefined
  const cutter = new RecordCutter(form)
  const part = (): RecordBlock => {
    const position = source.position(read - cutter.openBytes)
    return { records: cutter.take(), text, header: false, position }
  }
  function* ended(): Generator<RecordBlock> {
    head?.endText()
    if (head !== undefined && head.records > 0) yield { records: head.take(), text, header: true }
    head = undefined
    cutter.endText()
    if (cutter.records > 0) yield part()
  }
  try {
    for await (const block of source.blocks) {
      if (signal?.aborted) return
      if (!(block instanceof Uint8Array)) {
        yield* ended()
        read = block.at
        if (block.anew) wanted = 0
        text = block.name
        opened = block
        if (header) head = new RecordCutter(form)
        continue
      }
      let next = 0
      if (opened !== undefined) {
        refuseBinary(block, opened.name)
        next = byteOrderMark(block)
        opened = undefined
      }
      if (head !== undefined) {
        const before = head.openBytes
        head.push(block.subarray(next))
        if (head.records > 0) {
          const records = head.take()
          yield { records, text, header: true }
          next += (records.ends[0] ?? 0) - before
          head = undefined
        } else next = block.length
      }
      next = Math.min(block.length, Math.max(next, wanted - read))
      read += next
      for (; next < block.length; next += PART_BYTES) {
        const bytes = block.subarray(next, next + PART_BYTES)
        cutter.push(bytes)
        read += bytes.length
        if (cutter.records > 0) yield part()
      }
    }
    if (signal?.aborted) return
    yield* ended()
  } catch (error) {
    if (!signal?.aborted) throw error
  }
  if (read < wanted && !signal?.aborted) throw tooShort(name, read, from)
}
