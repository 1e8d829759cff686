import type { SkipGramOptions } from './contract.ts'

/**
 * Checks what both devices demand of a skip-gram.
 * @throws RangeError that names the device, the option and its range.
 */
export function checkSkipGramOptions(device: string, options: SkipGramOptions): void {
  const { input, output, window, negatives } = options
  if (input.dim !== output.dim) {
    throw new RangeError(
      `${device}: skip-gram needs tables of one dim; ${input.name} has ${input.dim}, ${output.name} has ${output.dim}`
    )
  }
  if (!Number.isInteger(window) || window < 1 || window > 15) {
    throw new RangeError(`${device}: window must be a whole number from 1 to 15; got ${window}`)
  }
  if (!Number.isInteger(negatives) || negatives < 1 || negatives > 31) {
    throw new RangeError(`${device}: negatives must be a whole number from 1 to 31; got ${negatives}`)
  }
}
