const CHARACTERS = 2 ** 16

/**
 * A name for a text by its content, so that peers who read copies of one text know it: SHA-256 of its first 65,536
 * characters (`growing`: of its first line, since more may not be there yet), as 32 hexadecimal digits; empty for a
 * text without lines.
 */
export async function sourceName(lines: AsyncIterable<string>, growing = false): Promise<string> {
  let head = ''
  for await (const line of lines) {
    head += `${line}\n`
    if (growing || head.length >= CHARACTERS) break
  }
  if (head === '') return ''
  const bytes = new TextEncoder().encode(head.slice(0, CHARACTERS))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest.subarray(0, 16), byte => byte.toString(16).padStart(2, '0')).join('')
}
