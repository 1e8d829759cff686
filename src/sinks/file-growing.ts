import type { Position } from '../types.ts'
import { AppendedFile, alreadyThere, type FileCompression } from './file-append.ts'
import { FileParts } from './file-parts.ts'

export interface GrowingFileOptions {
  /** Whether to go on in a file that is there already; otherwise it is refused. Default false. */
  readonly append?: boolean
  /** Bytes on the disk from which on a file gets a number and a new one is begun; a line more may be in it. Default: never. */
  readonly rotateBytes?: number
  /** Seconds after a file's first line, after which the same is done. Default: never. */
  readonly rotateSeconds?: number
  /** How the file is compressed. Default: as its name says, by `.gz` or `.zst`. */
  readonly compress?: FileCompression
  /**
   * Hears the positions up to which all items are written: with the system, so that they outlive this process. Awaited; what it
   * throws ends the flow. Here a source's offsets are committed.
   */
  readonly commit?: (position: Position) => unknown
}

/** Characters that are gathered before they are written. */
const GATHERED = 1024 * 1024
/** Longest time that something gathered waits, in milliseconds. */
const FLUSH_MS = 1000
/** A timer that is set for more milliseconds than 32 bits hold rings at once. */
const LONGEST_SECONDS = 2_147_483

/**
 * A file that lines are added to. They are with the system after a second or a MiB, and on the disk when the file gets its
 * number or is closed. What happens to the file happens one after the other, whoever asks; after a failure nothing does.
 */
export class GrowingFile {
  readonly #options: GrowingFileOptions
  readonly #next: () => Promise<AppendedFile>
  readonly #parts: FileParts
  #file: AppendedFile
  #used = false // whether lines were added to the file
  #waiting: string[] = []
  #waitingLength = 0
  #through: Position | undefined
  #flushTimer: ReturnType<typeof setTimeout> | undefined
  #rotateTimer: ReturnType<typeof setTimeout> | undefined
  #last: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined

  private constructor(
    options: GrowingFileOptions,
    parts: FileParts,
    file: AppendedFile,
    next: () => Promise<AppendedFile>
  ) {
    this.#options = options
    this.#parts = parts
    this.#file = file
    this.#next = next
  }

  /**
   * Opens a file; it, and those that follow it, begin with `header`.
   *
   * @throws SinkError where the file, or a numbered one, is there and may not be, or it cannot be written.
   */
  static async open(
    sink: string,
    path: string,
    header: string,
    options: GrowingFileOptions
  ): Promise<GrowingFile> {
    const { append = false, rotateBytes, rotateSeconds, compress = compressionByName(path) } = options
    const parts = new FileParts(path)
    const part = await parts.find()
    const rotates = rotateBytes !== undefined || rotateSeconds !== undefined
    if (rotates && part !== undefined && !append) throw alreadyThere(sink, part)
    const open = (append: boolean) => AppendedFile.open(path, { sink, append, compress, header })
    return new GrowingFile(options, parts, await open(append), () => open(false))
  }

  /**
   * Adds a line; what it resolves to must be awaited, since then there is too much that waits.
   *
   * @throws SinkError where lines before it could not be written.
   */
  add(line: string): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#waiting.push(line)
    this.#waitingLength += line.length
    this.#setTimers()
    const room = (this.#options.rotateBytes ?? Number.POSITIVE_INFINITY) - this.#file.stored
    if (this.#waitingLength >= Math.min(GATHERED, room)) return this.#afterwards(() => this.#write())
    return undefined
  }

  /** Says that the lines of all items up to a position have been added. */
  reached(position: Position): void {
    if (this.#options.commit === undefined) return
    this.#through = position
    this.#setTimers()
  }

  /**
   * Writes what waits, and closes the file.
   *
   * @throws SinkError where that cannot be done, or something failed before.
   */
  async close(): Promise<void> {
    try {
      await this.#afterwards(() => this.#write())
    } finally {
      clearTimeout(this.#flushTimer)
      clearTimeout(this.#rotateTimer)
      // After a failure that is what matters.
      await this.#file.close().catch(error => {
        if (this.#failure === undefined) throw error
      })
    }
  }

  #afterwards(act: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(act)
    this.#last.catch(error => {
      this.#failure ??= { error }
    })
    return this.#last
  }

  #setTimers(): void {
    this.#flushTimer ??= setTimeout(() => this.#afterwards(() => this.#write()), FLUSH_MS)
    const { rotateSeconds } = this.#options
    if (rotateSeconds === undefined || this.#waitingLength === 0) return
    const rotate = () =>
      this.#afterwards(async () => {
        await this.#write()
        // It may have been done just now, for its size.
        if (this.#used) await this.#rotate()
      })
    this.#rotateTimer ??= setTimeout(rotate, rotateSeconds * 1000)
  }

  async #write(): Promise<void> {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    const lines = this.#waiting.join('')
    const through = this.#through
    this.#waiting = []
    this.#waitingLength = 0
    this.#through = undefined
    if (lines !== '') {
      await this.#file.write(lines)
      this.#used = true
    }
    if (through !== undefined) await this.#options.commit?.(through)
    const { rotateBytes = Number.POSITIVE_INFINITY } = this.#options
    if (this.#used && this.#file.stored >= rotateBytes) await this.#rotate()
  }

  async #rotate(): Promise<void> {
    clearTimeout(this.#rotateTimer)
    this.#rotateTimer = undefined
    this.#used = false
    await this.#file.close()
    await this.#parts.add()
    this.#file = await this.#next()
    if (this.#waitingLength > 0) this.#setTimers()
  }
}

/** @throws RangeError for options out of range. */
export function checkGrowingFileOptions(
  sink: string,
  { rotateBytes = 1, rotateSeconds = 1 }: GrowingFileOptions
): void {
  if (!Number.isSafeInteger(rotateBytes) || rotateBytes < 1) {
    throw new RangeError(
      `${sink}: rotateBytes must be a whole number of bytes, at least 1; got ${rotateBytes}`
    )
  }
  if (!(rotateSeconds > 0 && rotateSeconds <= LONGEST_SECONDS)) {
    throw new RangeError(
      `${sink}: rotateSeconds must be above 0, at most ${LONGEST_SECONDS}; got ${rotateSeconds}`
    )
  }
}

function compressionByName(path: string): FileCompression {
  return path.endsWith('.gz') ? 'gzip' : path.endsWith('.zst') ? 'zstd' : 'none'
}
