// The law of dense rows in whole numbers of any size: nothing here is ever rounded that the law does not round.

/** A weight's row as it is before a pack. */
export interface DenseRow {
  readonly weights: Float32Array
  readonly shared: Int32Array
}

/** What a pack makes of a row; `kind` says whether anything. Weights are not rounded to 32 bits. */
export type DenseOutcome =
  | { readonly kind: 'nothing' | 'sick' }
  | {
      readonly kind: 'packed'
      readonly shift: number
      readonly values: number[]
      readonly shared: number[]
      readonly weights: number[]
    }

/** Every f32, and every unit and share, is a whole number of these. */
const ONE = 2n ** 200n

/** Packs `share` of a row's change, by definition. */
export function packByDefinition({ weights, shared }: DenseRow, unit: number, share: number): DenseOutcome {
  const largest = 0.9 * 2 ** 31 * unit
  if (!weights.every(weight => Math.abs(weight) <= largest)) return { kind: 'sick' }
  // In units, of ONE.
  const changes = Array.from(weights, (weight, d) => {
    const change = (exact(weight) * exact(1 / unit)) / ONE - BigInt(shared[d]) * ONE
    return (change * exact(share)) / ONE
  })
  const most = changes.reduce((most, change) => (size(change) > most ? size(change) : most), 0n)
  if (2n * most <= ONE) return { kind: 'nothing' }
  let shift = 0
  while (most > 7n * 2n ** BigInt(shift) * ONE) shift++
  if (shift > 24) return { kind: 'sick' }
  const values = changes.map(change => roundHalfToEven(change, 2n ** BigInt(shift) * ONE))
  return {
    kind: 'packed',
    shift,
    values,
    shared: values.map((q, d) => (shared[d] + q * 2 ** shift) | 0),
    weights: changes.map((change, d) =>
      share === 1 ? weights[d] : (unit * Number((BigInt(shared[d]) * ONE + change) / 2n ** 140n)) / 2 ** 60
    )
  }
}

/** A finite double in ONE. */
function exact(value: number): bigint {
  let exponent = 0
  let mantissa = value
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    exponent++
  }
  return (BigInt(mantissa) * ONE) / 2n ** BigInt(exponent)
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value
}

function roundHalfToEven(value: bigint, of: bigint): number {
  const magnitude = size(value)
  const whole = magnitude / of
  const rest = 2n * (magnitude % of)
  const rounded = rest > of || (rest === of && whole % 2n === 1n) ? whole + 1n : whole
  return Number(value < 0n ? -rounded : rounded)
}
