const LINE_FEED = 10

export interface RecordForm {
  /** The byte between fields. */
  readonly delimiter: number
  /** The byte around a field that may hold delimiters, line ends and, doubled, itself; -1 where there is none. */
  readonly quote: number
  /** Longest record in bytes, its line end included. */
  readonly maxRecordBytes: number
}

/** Complete records, back to back with their line ends: record i is bytes[ends[i-1] … ends[i]). */
export interface CutRecords {
  readonly bytes: Uint8Array
  readonly ends: readonly number[]
  /** Records of which only the first `maxRecordBytes` bytes are there, ascending. */
  readonly tooLong: readonly number[]
  /** Whether a quote stands in any of them. */
  readonly quoted: boolean
}

// Where in a record a byte stands. At CLOSING a quote may have ended the field, or be the first of two.
const START = 0
const PLAIN = 1
const QUOTED = 2
const CLOSING = 3

/**
 * Gathers bytes and cuts them into records, which end at a line feed outside of quotes. The last one of a text gets a line
 * feed if it has none.
 *
 * Of what would be longer than the bound while a quote is open, the first line is a record and cutting goes on after it, as
 * with a quote that is open when the text ends: a quote too many costs its line, not all that follows. Otherwise all up to
 * the next line feed is one record.
 */
export class RecordCutter {
  readonly #form: RecordForm
  #bytes = new Uint8Array(4096)
  #filled = 0
  #scanned = 0
  #start = 0 // of the open record
  #firstLine = -1 // where the first line inside the open record ends
  #state = START
  #ends: number[] = []
  #tooLong: number[] = []
  #quoted = false
  /** Bytes of the open record that were let go; -1 where it is not too long. */
  #dropped = -1

  constructor(form: RecordForm) {
    this.#form = form
  }

  /** Complete records. */
  get records(): number {
    return this.#ends.length
  }

  /** Bytes that have come of the record that is not complete yet. */
  get openBytes(): number {
    return this.#filled - this.#start + Math.max(0, this.#dropped)
  }

  push(block: Uint8Array): void {
    this.#append(this.#dropped < 0 ? block : this.#drop(block))
    this.#scan()
  }

  /** Ends the open record, if there is one. */
  endText(): void {
    const ends = this.#dropped < 0 && this.#bytes[this.#filled - 1] === LINE_FEED
    if (this.openBytes > 0 && !ends) this.push(Uint8Array.of(LINE_FEED))
    while (this.openBytes > 0) {
      this.#end(this.#firstLine)
      this.#scan()
    }
  }

  /** Hands out the complete records and keeps the open one. */
  take(): CutRecords {
    const end = this.#start
    const bytes = this.#bytes.slice(0, end)
    const taken = { bytes, ends: this.#ends, tooLong: this.#tooLong, quoted: this.#quoted }
    this.#bytes.copyWithin(0, end, this.#filled)
    this.#filled -= end
    this.#scanned -= end
    if (this.#firstLine >= 0) this.#firstLine -= end
    this.#start = 0
    this.#ends = []
    this.#tooLong = []
    this.#quoted = this.#bytes.subarray(0, this.#filled).includes(this.#form.quote)
    return taken
  }

  #scan(): void {
    while (this.#scanned < this.#filled) {
      this.#scanRecord()
      if (this.#scanned < this.#filled && this.#scanned > this.#start) this.#cutLong()
    }
  }

  /** Scans on to the end of the open record, to the bound, or to the end of what has come. */
  #scanRecord(): void {
    const { delimiter, quote, maxRecordBytes } = this.#form
    const bytes = this.#bytes
    const stop = Math.min(this.#filled, this.#start + maxRecordBytes)
    let state = this.#state
    let at = this.#scanned
    while (at < stop) {
      const byte = bytes[at++]
      if (byte === quote) {
        this.#quoted = true
        if (state === QUOTED) state = CLOSING
        else if (state !== PLAIN) state = QUOTED
      } else if (byte === LINE_FEED) {
        if (state !== QUOTED) {
          this.#end(at)
          return
        }
        if (this.#firstLine < 0) this.#firstLine = at
      } else if (state !== QUOTED) state = byte === delimiter ? START : PLAIN
    }
    this.#state = state
    this.#scanned = at
  }

  /** The open record has come to the bound and goes on. */
  #cutLong(): void {
    if (this.#state === QUOTED && this.#firstLine >= 0) {
      this.#end(this.#firstLine)
      return
    }
    const rest = this.#bytes.slice(this.#scanned, this.#filled)
    this.#filled = this.#scanned
    this.#dropped = 0
    this.#append(this.#drop(rest))
  }

  /** Lets bytes go up to the line feed that ends a record that is too long; returns what follows it. */
  #drop(block: Uint8Array): Uint8Array {
    const end = block.indexOf(LINE_FEED) + 1
    this.#dropped += end || block.length
    if (end === 0) return block.subarray(block.length)
    this.#dropped = -1
    this.#tooLong.push(this.#ends.length)
    this.#end(this.#filled)
    return block.subarray(end)
  }

  /** Ends the open record at a place and begins the next one there. */
  #end(at: number): void {
    this.#ends.push(at)
    this.#start = at
    this.#scanned = at
    this.#firstLine = -1
    this.#state = START
  }

  #append(block: Uint8Array): void {
    if (this.#filled + block.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#filled + block.length))
      larger.set(this.#bytes.subarray(0, this.#filled))
      this.#bytes = larger
    }
    this.#bytes.set(block, this.#filled)
    this.#filled += block.length
  }
}
