// Letters of 5 · 7 pixels, and one below the line.

export const GLYPH_WIDTH = 5
export const GLYPH_HEIGHT = 8

/** ASCII from the space on: for each character five columns from the left, in which bit 0 is the top. */
const COLUMNS =
  (
    '000000000000005f00000007000700147f147f14242a7f2a12231308646236495620500008070300' +
    '001c2241000041221c002a1c7f1c2a08083e08080080703000080808080800006060002010080402' +
    '3e5149453e00427f400072494949462141494d331814127f1027454545393c4a4949314121110907' +
    '3649494936464949291e000014000000403400000008142241141414141400412214080201590906' +
    '3e415d594e7c1211127c7f494949363e414141227f4141413e7f494949417f090909013e41415173' +
    '7f0808087f00417f41002040413f017f081422417f404040407f021c027f7f0408107f3e4141413e' +
    '7f090909063e4151215e7f09192946264949493203017f01033f4040403f1f2040201f3f4038403f' +
    '631408146303047804036159494d43007f4141410204081020004141417f04020102044040404040' +
    '000307080020545478407f284444383844444428384444287f385454541800087e090218a4a4a47c' +
    '7f0804047800447d40004080847d007f1028440000417f40007c047804787c080404783844444438' +
    'fc2424241818242424fc7c08040408485454542404043f44243c4040207c1c2040201c3c4030403c' +
    '44281028441ca0a0a07c4464544c440008364100000077000000413608000201020402'
  )
    .match(/../g)
    ?.map(hex => Number.parseInt(hex, 16)) ?? []

/** Calls `dot` for each pixel of a text that is drawn, from its upper left corner on; what is not ASCII is drawn as `?`. */
export function eachDot(text: string, dot: (x: number, y: number) => void): void {
  // Letters with marks are written without them.
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '')
  for (const [i, character] of [...plain].entries()) {
    const first = (/[ -~]/.test(character) ? character : '?').charCodeAt(0) - 32
    for (let x = 0; x < GLYPH_WIDTH; x++) {
      const column = COLUMNS[first * GLYPH_WIDTH + x]
      for (let y = 0; y < GLYPH_HEIGHT; y++) if ((column >> y) & 1) dot(i * (GLYPH_WIDTH + 1) + x, y)
    }
  }
}
