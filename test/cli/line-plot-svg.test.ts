import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LinePlot, linePlotSvg } from '../../src/cli/line-plot-svg.ts'

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  text: string
}

/** The elements of a well-formed XML text, in order; throws where it is none. As much of XML as a picture has. */
function elementsOf(xml: string): Element[] {
  const elements: Element[] = []
  const open: Element[] = []
  const token = /<\/([\w-]+)>|<([\w-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y
  const plain = (text: string) => {
    ok(!/&(?!(?:amp|lt|gt|quot);)/.test(text), `a bare & in ${text}`)
    return text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
  }
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const found = token.exec(xml)
    ok(found !== null, `no XML: ${xml.slice(at, at + 60)}`)
    const [, closes, name, attributes = '', empty, text] = found
    if (closes !== undefined) strictEqual(open.pop()?.name, closes)
    else if (name === undefined) {
      const around = open.at(-1)
      if (around === undefined) strictEqual(text?.trim(), '')
      else around.text += plain(text ?? '')
    } else {
      ok(open.length > 0 || elements.length === 0, 'a second root')
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
        key,
        plain(value)
      ])
      strictEqual(new Set(pairs.map(([key]) => key)).size, pairs.length, `an attribute twice in ${name}`)
      const element = { name, attributes: Object.fromEntries(pairs), text: '' }
      elements.push(element)
      if (empty === '') open.push(element)
    }
  }
  deepStrictEqual(open, [])
  return elements
}

const plot: LinePlot = {
  title: 'accuracy < 1 & "more"',
  x: { end: 100, name: 'mails', ticks: [{ at: 50, text: '50' }] },
  y: {
    from: 0,
    end: 1,
    ticks: [
      { at: 0, text: '0 %' },
      { at: 1, text: '100 %' }
    ]
  },
  lines: [
    {
      name: 'with',
      points: [
        [0, 0],
        [50, 0.5],
        [100, 1]
      ]
    },
    {
      name: 'without',
      points: [
        [0, 1],
        [10, Number.NaN],
        [20, 0],
        [100, 0]
      ]
    }
  ],
  bands: { name: 'training', spans: [[25, 75]] },
  marks: { name: 'alarm', at: [30, 60] },
  rules: [{ at: 50, text: 'a drift' }]
}

test('a picture is well-formed, and has each line, band, mark, rule and name at its place', () => {
  const elements = elementsOf(linePlotSvg(plot))
  const of = (name: string) => elements.filter(element => element.name === name)
  const texts = of('text').map(({ text }) => text)
  strictEqual(of('svg')[0]?.attributes.xmlns, 'http://www.w3.org/2000/svg')
  strictEqual(of('title')[0]?.text, plot.title)
  for (const wanted of ['mails', '50', '0 %', '100 %', 'with', 'without', 'training', 'alarm', 'a drift']) {
    ok(texts.includes(wanted), wanted)
  }
  // What is no number leaves a gap: the second line is in two parts.
  deepStrictEqual(
    of('polyline').map(({ attributes }) => attributes.points?.split(' ').length),
    [3, 1, 2]
  )
  strictEqual(of('polyline')[0]?.attributes.points, '60.0,378.0 460.0,228.0 860.0,78.0')
  const [band] = of('rect').filter(({ attributes }) => attributes.height === '300')
  deepStrictEqual([band?.attributes.x, band?.attributes.width], ['260.0', '400.0'])
  // Two marks, and one in the legend.
  strictEqual(of('path').length, 3)
  const [rule] = of('line').filter(({ attributes }) => attributes['stroke-dasharray'] !== undefined)
  strictEqual(rule?.attributes.x1, '460.0')
})

test('whatever is written in it, a picture is well-formed', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (title, name) => {
      const [line] = plot.lines
      const elements = elementsOf(linePlotSvg({ ...plot, title, lines: [{ ...line, name }] }))
      strictEqual(elements.find(element => element.name === 'title')?.text, title)
    })
  )
})
