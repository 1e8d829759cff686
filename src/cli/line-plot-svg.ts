/** A place on an axis, and what is written there. */
export interface Tick {
  readonly at: number
  readonly text: string
}

/** A plot of lines over a shared axis; all places on it are in the axis's own unit. */
export interface LinePlot {
  readonly title: string
  /** From 0 to `end`. */
  readonly x: { readonly end: number; readonly name: string; readonly ticks: readonly Tick[] }
  readonly y: { readonly from: number; readonly end: number; readonly ticks: readonly Tick[] }
  /** Points with a y that is no number leave a gap. */
  readonly lines: readonly {
    readonly name: string
    readonly points: readonly (readonly [x: number, y: number])[]
  }[]
  /** Spans of the x axis, shaded. */
  readonly bands: { readonly name: string; readonly spans: readonly (readonly [from: number, to: number])[] }
  /** Triangles above the plot. */
  readonly marks: { readonly name: string; readonly at: readonly number[] }
  /** Dashed lines across the plot, with a text above each. */
  readonly rules: readonly Tick[]
}

// Each readable on white and on black.
const COLORS = ['#3b82f6', '#f59e0b', '#a855f7']
const INK = '#7d8590'
const BAND = '#10b981'
const MARK = '#ef4444'
const [LEFT, TOP, WIDTH, HEIGHT] = [60, 78, 800, 300]
const [RIGHT, BOTTOM] = [LEFT + WIDTH, TOP + HEIGHT]
/** For half of the last tick's text. */
const MARGIN = 60
const LEGEND_STEP = 200

/** A plot as an SVG without a background, for pages that are light or dark. */
export function linePlotSvg({ title, x, y, lines, bands, marks, rules }: LinePlot): string {
  const toX = (at: number) => fixed(LEFT + (at / x.end) * WIDTH)
  const toY = (at: number) => fixed(BOTTOM - ((at - y.from) / (y.end - y.from)) * HEIGHT)
  const parts = [
    `<title>${escaped(title)}</title>`,
    text(LEFT, 18, title, 'start', 'font-size="15"'),
    ...legend(lines, bands.name, marks.name),
    ...bands.spans.map(
      ([from, to]) =>
        `<rect x="${toX(from)}" y="${TOP}" width="${fixed(((to - from) / x.end) * WIDTH)}" height="${HEIGHT}" fill="${BAND}" fill-opacity="0.18"/>`
    ),
    ...y.ticks.flatMap(({ at, text: words }) => [
      `<line x1="${LEFT}" y1="${toY(at)}" x2="${RIGHT}" y2="${toY(at)}" stroke="${INK}" stroke-opacity="0.35"/>`,
      text(LEFT - 8, Number(toY(at)) + 4, words, 'end')
    ]),
    ...x.ticks.flatMap(({ at, text: words }) => [
      `<line x1="${toX(at)}" y1="${BOTTOM}" x2="${toX(at)}" y2="${BOTTOM + 5}" stroke="${INK}"/>`,
      text(toX(at), BOTTOM + 20, words, 'middle')
    ]),
    text((LEFT + RIGHT) / 2, BOTTOM + 40, x.name, 'middle'),
    ...rules.flatMap(({ at, text: words }) => [
      `<line x1="${toX(at)}" y1="${TOP - 18}" x2="${toX(at)}" y2="${BOTTOM}" stroke="${INK}" stroke-dasharray="4 3"/>`,
      text(Number(toX(at)) + 4, TOP - 10, words, 'start', 'font-size="11"')
    ]),
    ...lines.flatMap(({ points }, i) =>
      runs(points).map(
        run =>
          `<polyline points="${run.map(([at, value]) => `${toX(at)},${toY(value)}`).join(' ')}" fill="none" stroke="${colorOf(i)}" stroke-width="2"/>`
      )
    ),
    ...marks.at.map(at => triangle(Number(toX(at)), TOP + 1))
  ]
  const size = `width="${RIGHT + MARGIN}" height="${BOTTOM + 50}" viewBox="0 0 ${RIGHT + MARGIN} ${BOTTOM + 50}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">\n${parts.join('\n')}\n</svg>\n`
}

function legend(lines: LinePlot['lines'], band: string, mark: string): string[] {
  const [top, middle] = [28, 34]
  const name = (i: number, words: string) => text(LEFT + i * LEGEND_STEP + 26, middle + 4, words, 'start')
  const [bandX, markX] = [lines.length, lines.length + 1].map(i => LEFT + i * LEGEND_STEP)
  return [
    ...lines.flatMap(({ name: words }, i) => {
      const x1 = LEFT + i * LEGEND_STEP
      return [
        `<line x1="${x1}" y1="${middle}" x2="${x1 + 20}" y2="${middle}" stroke="${colorOf(i)}" stroke-width="2"/>`,
        name(i, words)
      ]
    }),
    `<rect x="${bandX}" y="${top}" width="20" height="12" fill="${BAND}" fill-opacity="0.18"/>`,
    name(lines.length, band),
    triangle(markX + 10, middle + 5),
    name(lines.length + 1, mark)
  ]
}

/** Points in a row that can be drawn. */
function runs(points: LinePlot['lines'][number]['points']): (readonly [number, number])[][] {
  const found: (readonly [number, number])[][] = [[]]
  for (const point of points) {
    if (Number.isFinite(point[1])) found.at(-1)?.push(point)
    else found.push([])
  }
  return found.filter(run => run.length > 0)
}

/** One that points down, to (x, y). */
function triangle(x: number, y: number): string {
  return `<path d="M${fixed(x)} ${y} l-5 -9 h10 z" fill="${MARK}"/>`
}

function text(
  x: number | string,
  y: number,
  words: string,
  anchor: 'start' | 'middle' | 'end',
  more = ''
): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${INK}"${more === '' ? '' : ` ${more}`}>${escaped(words)}</text>`
}

function colorOf(line: number): string {
  return COLORS[line % COLORS.length]
}

function fixed(value: number): string {
  return value.toFixed(1)
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
