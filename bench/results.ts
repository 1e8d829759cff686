import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { command, revision } from './machine.ts'

const file = new URL('RESULTS.md', import.meta.url)
const OPENING = `# Measured

Each section is written by the bench it names, with \`--write\`: \`npm run bench -- NAME --write\`.
`

/**
 * Replaces a section of bench/RESULTS.md: how, when and where it was measured, then `parts`, a paragraph each. A bench of
 * several parts gives each a title.
 */
export function writeSection(
  bench: string,
  measuredOn: string,
  parts: readonly string[],
  title = bench
): void {
  const section = [
    `## ${title}`,
    `\`${command(bench)}\`, ${new Date().toISOString().slice(0, 10)}, revision ${revision()}, on ${measuredOn}.`,
    ...parts
  ].join('\n\n')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : OPENING
  writeFileSync(file, withSection(before, title, section))
}

/** A text with what stands between a section's markers replaced, or the section added at its end. */
export function withSection(text: string, name: string, section: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const marked = `${open}\n${section}\n${close}`
  const from = text.indexOf(open)
  const to = text.indexOf(close, from)
  if (from < 0 || to < 0) return `${text.trimEnd()}\n\n${marked}\n`
  return text.slice(0, from) + marked + text.slice(to + close.length)
}
