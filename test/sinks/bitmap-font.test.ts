import { deepStrictEqual, notDeepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { eachDot, GLYPH_HEIGHT } from '../../src/sinks/bitmap-font.ts'

/** A text as it is drawn, line by line. */
function drawn(text: string): string[] {
  const lines = Array.from({ length: GLYPH_HEIGHT }, () => ' '.repeat(text.length * 6).split(''))
  eachDot(text, (x, y) => {
    lines[y][x] = '#'
  })
  return lines.map(line => line.join('').trimEnd())
}

test('letters stand beside one another on a line, with what hangs below it', () => {
  deepStrictEqual(drawn('Tip'), [
    '#####   #',
    '# # #',
    '  #    ##   ####',
    '  #     #   #   #',
    '  #     #   #   #',
    '  #     #   ####',
    '  #    ###  #',
    '            #'
  ])
})

test('every character of ASCII looks different, and the space is empty', () => {
  const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  strictEqual(new Set(characters.map(one => drawn(one).join('\n'))).size, 95)
  strictEqual(drawn(' ').join(''), '')
})

test('letters with marks are drawn without them, and what there is no letter for as ?', () => {
  deepStrictEqual(drawn('é'), drawn('e'))
  deepStrictEqual(drawn('猫'), drawn('?'))
  notDeepStrictEqual(drawn('e'), drawn('?'))
})
