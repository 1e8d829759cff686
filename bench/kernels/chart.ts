import type { Row } from '../report.ts'

const COLORS = ['#3b82f6', '#f59e0b', '#10b981', '#a855f7']
// Readable on white and on black.
const INK = '#7d8590'
const LEFT = 110
const WIDTH = 480
const BAR = 14
const GAP = 14
const TOP = 36

/** An SVG of horizontal bars: each kernel's share of the roof, a bar for each device. */
export function roofChart(rows: readonly Row[]): string {
  const kernels = [...new Set(rows.map(({ name }) => name))]
  const devices = [...new Set(rows.map(({ device }) => String(device)))]
  const group = devices.length * BAR + GAP
  const height = TOP + kernels.length * group + 24
  const bottom = height - 24
  const parts = [0, 0.25, 0.5, 0.75, 1].flatMap(share => {
    const x = LEFT + share * WIDTH
    return [
      `<line x1="${x}" y1="${TOP - 6}" x2="${x}" y2="${bottom}" stroke="${INK}" stroke-opacity="0.35"/>`,
      text(x, bottom + 16, `${share * 100} %`, 'middle')
    ]
  })
  devices.forEach((device, i) => {
    const x = LEFT + i * 240
    parts.push(`<rect x="${x}" y="6" width="12" height="12" fill="${COLORS[i % COLORS.length]}"/>`)
    parts.push(text(x + 18, 16, device, 'start'))
  })
  kernels.forEach((kernel, k) => {
    const y = TOP + k * group
    parts.push(text(LEFT - 8, y + (devices.length * BAR) / 2 + 4, kernel, 'end'))
    devices.forEach((device, i) => {
      const share = Number(rows.find(row => row.name === kernel && row.device === device)?.roof ?? 0)
      const width = Math.min(share, 1) * WIDTH
      const [at, color] = [y + i * BAR, COLORS[i % COLORS.length]]
      parts.push(
        `<rect x="${LEFT}" y="${at}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${color}"/>`
      )
      parts.push(text(LEFT + width + 5, at + BAR - 4, `${(share * 100).toFixed(0)} %`, 'start'))
    })
  })
  const size = `width="${LEFT + WIDTH + 60}" height="${height}"`
  const title = `<title>Share of the measured limit that each kernel reaches</title>`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">\n${[title, ...parts].join('\n')}\n</svg>\n`
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="${INK}">${safe}</text>`
}
