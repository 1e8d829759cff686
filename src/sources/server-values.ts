// The values of a request's body: JSON, a line each.

import type { Batch } from './server-room.ts'
import { reasonOf } from './source-error.ts'

const LINE_FEED = 10

/** Why a request is not taken to its end; its message is for the sender. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  /** The line at fault, counted from 1. */
  readonly line: number | undefined

  constructor(status: number, message: string, line?: number) {
    super(message)
    this.status = status
    this.line = line
  }
}

export interface ValueLimits {
  /** Bytes of a line. */
  readonly maxLineBytes: number
  /** Bytes of all lines, decompressed. */
  readonly maxBody: number
}

/** Values that came together, and why nothing after them is read. */
export interface Values<Item> extends Batch<Item> {
  readonly refusal: Refusal | undefined
}

/** Cuts one body into lines and reads their values; blank lines are left out. Holds no more than a line. */
export class ValueReader<Item> {
  readonly #as: (value: unknown) => Item
  readonly #limits: ValueLimits
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  /** What has come of a line whose end has not: the first `#openBytes`. Copied, since the smallest block may hold on to a large one. */
  #open = new Uint8Array()
  #openBytes = 0
  #bodyBytes = 0
  #lines = 0

  constructor(as: (value: unknown) => Item, limits: ValueLimits) {
    this.#as = as
    this.#limits = limits
  }

  /** The values of the lines that end in a block. */
  read(block: Uint8Array): Values<Item> {
    return this.#gather(add => {
      const { maxBody } = this.#limits
      const part = block.subarray(0, maxBody - this.#bodyBytes)
      this.#bodyBytes += part.length
      let start = 0
      for (let end = part.indexOf(LINE_FEED); end >= 0; end = part.indexOf(LINE_FEED, start)) {
        add(this.#line(part.subarray(start, end)))
        start = end + 1
      }
      this.#keep(part.subarray(start))
      if (part.length < block.length) {
        throw new Refusal(413, `a body has at most ${maxBody} bytes; send what is left in another`)
      }
    })
  }

  /** The value of what came after the last line's end. */
  end(): Values<Item> {
    return this.#gather(add => {
      if (this.#openBytes > 0) add(this.#line(new Uint8Array()))
    })
  }

  /** What `read` adds until it throws a refusal. */
  #gather(read: (add: (line: Uint8Array) => void) => void): Values<Item> {
    const items: Item[] = []
    const bytes: number[] = []
    let refusal: Refusal | undefined
    try {
      read(line => {
        this.#lines++
        if (isBlank(line)) return
        items.push(this.#value(line))
        bytes.push(line.length)
      })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refusal = error
    }
    return { items, bytes, refusal }
  }

  /** The open line with its last part. */
  #line(last: Uint8Array): Uint8Array {
    if (this.#openBytes === 0) {
      this.#check(last.length)
      return last
    }
    this.#keep(last)
    const line = this.#open.subarray(0, this.#openBytes)
    this.#open = new Uint8Array()
    this.#openBytes = 0
    return line
  }

  #keep(part: Uint8Array): void {
    const bytes = this.#openBytes + part.length
    this.#check(bytes)
    if (bytes > this.#open.length) {
      const larger = new Uint8Array(Math.max(bytes, 2 * this.#open.length))
      larger.set(this.#open.subarray(0, this.#openBytes))
      this.#open = larger
    }
    this.#open.set(part, this.#openBytes)
    this.#openBytes = bytes
  }

  #check(bytes: number): void {
    const { maxLineBytes } = this.#limits
    if (bytes > maxLineBytes) {
      throw new Refusal(413, `a line has at most ${maxLineBytes} bytes`, this.#lines + 1)
    }
  }

  #value(line: Uint8Array): Item {
    try {
      return this.#as(JSON.parse(this.#decoder.decode(line)))
    } catch (error) {
      throw new Refusal(400, `not taken: ${reasonOf(error)}`, this.#lines)
    }
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every(byte => byte === 32 || byte === 9 || byte === 13)
}
