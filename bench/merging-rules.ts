/** What a rule may go by: a row of one replica at the moment of a pack. */
export interface RowState {
  /** Packs of others that changed the row since its last pack. */
  readonly contributions: number
  /** The mean of 1 + contributions over the row's own packs, half the weight on the newest: how many work on it. All, at first. */
  readonly m: number
  /** How far all who work on the row could have taken it since its last pack: m · rate · hits / √(initial + G). */
  readonly way: number
}

/**
 * How the work of replicas that train at once is put together. A row's multiplier μ is what its rate is multiplied by while
 * it trains. A pack hands on α = 1 / max(μ, 1 + counted) of what the row has learned, and the squares it has added to
 * its accumulator divided by μ (kernels/contract.ts).
 */
export interface Rule {
  /** Whether the contributions of all rows are forgotten at a pack, and not only those of the rows that are packed. */
  readonly fresh: boolean
  /** Absent where the kernels do it by themselves: μ = m, and all contributions count. */
  readonly weights?: Weights
}

/** What a rule decides. */
export interface Weights {
  /** The next μ of a row that is packed. */
  multiplier(row: RowState): number
  /** How many of the contributions count; rounded. */
  counted(row: RowState): number
}

const all = ({ contributions }: RowState) => contributions
const saturation = (speed: number, way: number) => -Math.expm1(-speed * way)

const WITHOUT_VALUE: Record<string, Weights> = {
  sum: { multiplier: () => 1, counted: () => 0 },
  mean: { multiplier: () => 1, counted: all }
}

const WITH_VALUE: Record<string, (value: number) => Weights> = {
  power: value => ({ multiplier: ({ m }) => m ** value, counted: all }),
  cap: value => ({ multiplier: ({ m }) => Math.min(m, value), counted: all }),
  saturate: value => ({
    multiplier: ({ m, way }) => 1 + (m - 1) * saturation(value, way),
    counted: ({ contributions, way }) => contributions * saturation(value, way)
  }),
  damp: value => ({
    multiplier: () => 1,
    counted: ({ contributions, way }) => contributions * saturation(value, way)
  })
}

/**
 * The rule of a name. `amplify-average`: μ = m, all contributions count, as the kernels do it by themselves; `none`: the same,
 * of a replica that is alone. `sum`: μ = 1, none counts. `mean`: μ = 1, all count. `power-P`: μ = m^P, all count. `cap-C`:
 * μ = min(m, C), all count. `saturate-K`: from the sum to amplify-average as far as the row has gone, 1 - exp(-K · way).
 * `damp-K`: so from the sum to the mean. With `fresh-` before it, contributions that came before the replica's own last pack
 * do not count, even where the row was not in that pack: what the row has learned since, it learned with them.
 * @throws RangeError for a name nobody knows.
 */
export function ruleOf(name: string): Rule {
  const [, prefix, kind = '', value] = /^(fresh-)?([a-z-]+?)(?:-(\d+(?:\.\d+)?))?$/.exec(name) ?? []
  const fresh = prefix !== undefined
  if (name === 'none' || kind === 'amplify-average') return { fresh }
  const weights = value === undefined ? WITHOUT_VALUE[kind] : WITH_VALUE[kind]?.(Number(value))
  if (weights !== undefined) return { fresh, weights }
  throw new RangeError(
    `--rule must name some of amplify-average, ${Object.keys(WITHOUT_VALUE).join(', ')}, ${Object.keys(WITH_VALUE).join('-X, ')}-X, with fresh- before it or without; got ${name}`
  )
}
