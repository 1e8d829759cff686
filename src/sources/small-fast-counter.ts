/** Numbers from 0 up to 1 by sfc32 (Chris Doty-Humphrey's Small Fast Counter of 32 bits, from PractRand). */
export function smallFastCounter(seed: number): () => number {
  let [a, b, c, counter] = [0, seed | 0, 0, 1]
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // As its author has it: twelve rounds spread the seed over the state.
  for (let round = 0; round < 12; round++) next()
  return next
}
