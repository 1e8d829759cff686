import { type ByteSource, inNode } from './bytes.ts'
import { http } from './http.ts'
import { SourceError } from './source-error.ts'

export interface Wanted {
  /** Uncompressed bytes to leave out. */
  readonly from: number
  /** Where the reader goes on, if that is further: a followed file that is shorter is another one. Default 0. */
  readonly resume?: number
  readonly follow: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Opens what a user names: a file, a directory, `-` for standard input, or an http(s) address.
 *
 * @throws SourceError where it cannot be read.
 */
export async function openBytes(source: string | URL, wanted: Wanted): Promise<ByteSource> {
  const url = source instanceof URL ? source : /^(https?|file):/i.test(source) ? URL.parse(source) : undefined
  if (url === null) throw new SourceError(`lines: wanted an address; ${source} is none`)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    if (wanted.follow) throw new SourceError(`lines: wanted a plain file to follow; got ${url}`)
    return http(url, wanted)
  }
  if (url !== undefined && url.protocol !== 'file:') {
    throw new SourceError(`lines: wanted an http, https or file address; got ${url}`)
  }
  if (!inNode)
    throw new SourceError(`lines: wanted an http or https address, all a browser can read; got ${source}`)
  if (source === '-') return (await import('./file-stdin.ts')).standardInput(wanted)
  return (await import('./file.ts')).openPath(source, wanted)
}
