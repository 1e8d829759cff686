import { smallFastCounter } from './small-fast-counter.ts'

/** The numbers 0 … length - 1, shuffled: in the same order for the same seed, of which 32 bits count. */
export function shuffled(length: number, seed: number): Uint32Array {
  const random = smallFastCounter(seed)
  const order = Uint32Array.from({ length }, (_, place) => place)
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const place = order[last]
    order[last] = order[other]
    order[other] = place
  }
  return order
}
