/** Counters of a sketch unless told otherwise: 4 MiB, room for about 0.7 million different words before it forgets. */
export const SKETCH_COUNTERS = 2 ** 22

/**
 * Counts words that are not in the vocabulary yet, in bounded memory: a count-min sketch with conservative update, three
 * counters a word. It never counts too few sightings since the last forgetting, and rarely too many.
 *
 * Once half of the counters are in use, all are halved: otherwise a long stream of words seen once would fill the sketch
 * and then every word would look frequent. What a word must reach is therefore a number of sightings within reach of
 * memory, not within all of the stream.
 */
export class AdmissionSketch {
  /** u8 [counters], at most `limit` each. */
  readonly counters: Uint8Array<ArrayBuffer>
  readonly #limit: number
  readonly #mask: number
  readonly #shift: number
  #used = 0

  /** `limit`: the count at which it stops counting, 1 to 255. `counters`: a power of two, 2^4 to 2^30, or saved ones. */
  constructor(limit: number, counters: number | Uint8Array<ArrayBuffer> = SKETCH_COUNTERS) {
    this.counters = typeof counters === 'number' ? new Uint8Array(counters) : counters
    const size = this.counters.length
    const bits = Math.log2(size)
    if (!Number.isInteger(bits) || bits < 4 || bits > 30) {
      throw new RangeError(`admission sketch: counters must be a power of two, 2^4 to 2^30; got ${size}`)
    }
    this.#limit = limit
    this.#mask = size - 1
    this.#shift = 32 - bits
    if (typeof counters !== 'number') this.#used = countUsed(counters)
  }

  /** Counts one sighting of the word with this key; returns its sightings so far, `limit + 1` standing for any more. */
  add(low: number, high: number): number {
    const counters = this.counters
    const first = low & this.#mask
    const second = high & this.#mask
    const third = Math.imul(low + high, 0x9e3779b1) >>> this.#shift
    const seen = Math.min(counters[first], counters[second], counters[third])
    if (seen >= this.#limit) return this.#limit + 1
    // Conservative: only the counters that are lowest rise, so words that share some of them disturb each other least.
    for (let i = 0; i < 3; i++) {
      const at = i === 0 ? first : i === 1 ? second : third
      if (counters[at] !== seen) continue
      counters[at] = seen + 1
      if (seen === 0) this.#used++
    }
    if (this.#used > counters.length / 2) this.#forget()
    return seen + 1
  }

  #forget(): void {
    const counters = this.counters
    for (let i = 0; i < counters.length; i++) counters[i] >>= 1
    this.#used = countUsed(counters)
  }
}

function countUsed(counters: Uint8Array): number {
  let used = 0
  for (let i = 0; i < counters.length; i++) if (counters[i] !== 0) used++
  return used
}
