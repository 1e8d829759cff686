import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fQuantile from '@stdlib/stats-base-dists-f-quantile'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import { optwinCuts } from '../../src/drift/optwin-cuts.ts'

const defaults = { confidence: 0.99, warningConfidence: 0.98, minWindow: 30, maxWindow: 25_000 }

// Cut, φ, t and the warning's t by SciPy 1.17.1: the published solve (fsolve from (W − 30)/W) with its distributions.
const wanted: readonly (readonly [number, number, number, number, number, number])[] = [
  [0.5, 30, 16, 5.1678769318611, 3.2416257029534, 2.2320180926523],
  [0.5, 50, 26, 3.3298827085789, 3.029791313335, 2.1475718968692],
  [0.5, 100, 51, 2.2697034001298, 2.8983643366942, 2.093129004122],
  [0.5, 181, 84, 1.8137420539228, 2.8564573164415, 2.0754078335309],
  [0.5, 200, 120, 1.8143626092637, 2.8385730015514, 2.0677893719752],
  [0.5, 300, 232, 1.8069261272644, 2.8368332622623, 2.0670464608216],
  [0.5, 500, 436, 1.7967838505463, 2.8535140796628, 2.0741563749306],
  [0.5, 1000, 938, 1.7885500530406, 2.8771827995168, 2.0841946588108],
  [0.5, 5000, 4939, 1.7794811602926, 2.9050222275021, 2.0959278384851],
  [0.5, 10000, 9939, 1.7773001365559, 2.9090265110907, 2.0976089923625],
  [0.5, 25000, 24939, 1.7760021809243, 2.9115136853077, 2.0986523901958],
  [0.1, 181, 91, 1.8214570472345, 2.8509179125214, 2.0730517339391],
  [0.1, 1000, 501, 1.2862039656778, 2.8124385666293, 2.0565952077764],
  [0.1, 3381, 1661, 1.146312849774, 2.80771725091, 2.0545650717812],
  [0.1, 10000, 9008, 1.1455125157159, 2.8106339314104, 2.0558195118076],
  [0.1, 25000, 24063, 1.1453139165835, 2.8118521345774, 2.0563431773131],
  [1, 100, 73, 2.7632630808711, 2.8706905885178, 2.0814470092054],
  [1, 1000, 975, 2.6699502867618, 3.0032884109479, 2.1367267283242],
  [1, 3381, 3356, 2.6574991559114, 3.0591343545455, 2.1595035573614],
  [1, 10000, 9974, 2.5922001631638, 3.0666351232914, 2.1625409891794],
  [1, 25000, 24974, 2.5911594057671, 3.0725808992319, 2.1649451243043]
]

test('cuts are those of the published solve, and φ and t within 1e-8 of them', () => {
  for (const [rho, W, cut, phi, t, warning] of wanted) {
    const cuts = optwinCuts({ ...defaults, rho })
    strictEqual(cuts.cut[W], cut, `rho ${rho}, window ${W}`)
    for (const [got, want] of [
      [cuts.phi[W], phi],
      [cuts.t[W], t],
      [cuts.warning[W], warning]
    ] as const) {
      ok(Math.abs((got ?? Number.NaN) - want) < 1e-8, `rho ${rho}, window ${W}: ${got}, not ${want}`)
    }
  }
})

test('the cut leaves both parts at least two values at every length', () => {
  for (const rho of [0.1, 0.5, 1]) {
    const { cut } = optwinCuts({ ...defaults, rho })
    for (let W = 30; W <= 25_000; W++) {
      const here = cut[W] ?? 0
      ok(here >= 2 && here <= W - 2, `rho ${rho}, window ${W}: ${here}`)
    }
  }
})

test('interpolated critical values are those that are computed one by one', () => {
  // A table of one length interpolates nothing.
  const all = optwinCuts({ ...defaults, rho: 0.5 })
  for (const W of [61, 150, 333, 777, 1234, 4321, 12_345, 24_999]) {
    const one = optwinCuts({ ...defaults, rho: 0.5, minWindow: W, maxWindow: W })
    strictEqual(all.cut[W], one.cut[W])
    for (const name of ['phi', 't', 'warning'] as const) {
      ok(Math.abs((all[name][W] ?? Number.NaN) - (one[name][W] ?? Number.NaN)) < 1e-10, `${name} of ${W}`)
    }
  }
})

test('a table is computed once, and the eight last ones are kept', () => {
  const small = (rho: number) => optwinCuts({ ...defaults, rho, maxWindow: 40 })
  const first = small(0.2)
  deepStrictEqual(small(0.2) === first, true)
  for (let i = 1; i <= 8; i++) small(1 + i)
  deepStrictEqual(small(0.2) === first, false)
  deepStrictEqual(small(0.2), first)
})

test('where windows never get long enough to show so small a rise, the cut is in the middle', () => {
  const { cut } = optwinCuts({ ...defaults, rho: 0.01, maxWindow: 100 })
  deepStrictEqual([cut[30], cut[31], cut[100]], [16, 16, 51])
})

test('cuts are the right-most ones with power, for any ρ: found by trying all', () => {
  const each = 0.99 ** (1 / 4)
  const power = (rho: number, W: number, cut: number) => {
    const fresh = W - cut
    const phi = fQuantile(each, cut - 1, fresh - 1)
    const g = 1 / phi ** 2
    const freedom =
      (1 / cut + g / fresh) ** 2 / (1 / (cut ** 2 * (cut - 1)) + g ** 2 / (fresh ** 2 * (fresh - 1)))
    return rho - tQuantile(each, freedom) * Math.sqrt(1 / cut + phi / fresh)
  }
  for (const rho of [0.45, 0.8, 2, 30]) {
    const { cut } = optwinCuts({ ...defaults, rho, maxWindow: 240 })
    for (const W of [30, 31, 45, 60, 100, 170, 239, 240]) {
      const best = Array.from({ length: W - 3 }, (_, i) => W - 2 - i).find(cut => power(rho, W, cut) >= 0)
      strictEqual(cut[W], best ?? Math.floor(W / 2 + 1), `rho ${rho}, window ${W}`)
    }
  }
})
