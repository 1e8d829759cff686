/** Whole numbers from a seed (mulberry32): the same seed, the same numbers. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

type Change = (bytes: Uint8Array<ArrayBuffer>, dice: Dice) => Uint8Array<ArrayBuffer>

const at = (change: (bytes: Uint8Array<ArrayBuffer>, place: number, dice: Dice) => void): Change => {
  return (bytes, dice) => {
    if (bytes.length > 0) change(bytes, dice.below(bytes.length), dice)
    return bytes
  }
}

const CHANGES: readonly Change[] = [
  at((bytes, place, dice) => {
    bytes[place] ^= 1 << dice.below(8)
  }),
  at((bytes, place, dice) => {
    bytes[place] = dice.pick([0, 1, 127, 128, 255])
  }),
  at((bytes, place) => void bytes.fill(255, place, place + 4)),
  at((bytes, place) => void bytes.fill(0, place, place + 8)),
  at((bytes, place, dice) => void bytes.copyWithin(place, dice.below(bytes.length))),
  at((bytes, place, dice) => void bytes.set(dice.bytes(Math.min(8, bytes.length - place)), place)),
  (bytes, dice) => bytes.slice(0, dice.below(bytes.length + 1)),
  (bytes, dice) => inserted(bytes, bytes.length, dice.bytes(dice.below(20))),
  (bytes, dice) => inserted(bytes, dice.below(bytes.length + 1), dice.bytes(4))
]

function inserted(bytes: Uint8Array, place: number, some: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes.length + some.length)
  all.set(bytes.subarray(0, place))
  all.set(some, place)
  all.set(bytes.subarray(place), place + some.length)
  return all
}

/** The bytes after a change of chance, or two. */
export function mutated(bytes: Uint8Array, dice: Dice): Uint8Array<ArrayBuffer> {
  let changed = new Uint8Array(bytes)
  for (let left = 1 + dice.below(2); left > 0; left--) changed = dice.pick(CHANGES)(changed, dice)
  return changed
}
