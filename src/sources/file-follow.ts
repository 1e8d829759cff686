import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BLOCK_BYTES, type ByteSource, type TextStart } from './bytes.ts'
import { type OpenOptions, openFile, readAt, unreadable } from './file.ts'

/** Time between looks at the file where the system does not say that it changed (network disks), in milliseconds. */
const POLL_MS = 1000

/**
 * A file that grows, as `tail -F` reads it: a line is handed out once its end is written. When the file is cut short or
 * another takes its name, what is left of the old one is handed out, reading goes on at the start of the new one, and the
 * position counts from there. Never ends but by `signal`.
 */
export function followedFile(
  path: string,
  { from, resume = 0, signal }: Omit<OpenOptions, 'follow'>
): ByteSource {
  async function* blocks(): AsyncGenerator<Uint8Array | TextStart> {
    const changes = watchChanges(path, signal)
    let handle = await openFile(path)
    try {
      // Shorter than the place to go on at: another file has taken the name meanwhile.
      const anew = (await handle.stat()).size < Math.max(from, resume)
      let at = anew ? 0 : from
      if (at === 0) yield { name: path, at, anew }
      while (!signal?.aborted) {
        const block = new Uint8Array(BLOCK_BYTES)
        const bytesRead = await readAt(handle, path, block, at)
        at += bytesRead
        if (bytesRead > 0) {
          yield block.subarray(0, bytesRead)
          continue
        }
        const state = await compare(handle, path, at)
        if (state === 'replaced') {
          await handle.close()
          handle = await openFile(path)
        }
        if (state === 'replaced' || state === 'cut') {
          at = 0
          yield { name: path, at, anew: true }
        } else if (state === 'same') await changes.next()
      }
    } finally {
      changes.close()
      await handle.close()
    }
  }
  return { live: true, blocks: blocks(), position: bytes => ({ bytes }) }
}

/** What has become of an open file that is read to `at`. */
async function compare(
  handle: FileHandle,
  path: string,
  at: number
): Promise<'same' | 'grown' | 'cut' | 'replaced'> {
  const own = await handle.stat()
  // Written since the last read: it comes before anything in a new file.
  if (own.size > at) return 'grown'
  const named = await stat(path).catch(error => {
    // Between the old file's renaming and the new one's making, nothing has the name.
    if (error.code !== 'ENOENT') throw unreadable(path, error)
    return undefined
  })
  if (named !== undefined && (named.ino !== own.ino || named.dev !== own.dev)) return 'replaced'
  return own.size < at ? 'cut' : 'same'
}

/** Waits for changes of a path; one that came since the last `next` counts. */
function watchChanges(path: string, signal: AbortSignal | undefined) {
  let changed = false
  let wake = () => {}
  const onChange = () => {
    changed = true
    wake()
  }
  const watcher = watchDirectory(path, onChange)
  const timer = setInterval(onChange, POLL_MS)
  const close = () => {
    clearInterval(timer)
    watcher?.close()
    signal?.removeEventListener('abort', onAbort)
  }
  // At once, and not when the reader next asks: it may never, and a watcher keeps the process alive.
  const onAbort = () => {
    close()
    onChange()
  }
  signal?.addEventListener('abort', onAbort)
  return {
    async next(): Promise<void> {
      if (!changed) await new Promise<void>(resolve => (wake = resolve))
      changed = false
    },
    close
  }
}

/** Calls `onChange` for each change of a path; nothing where the system cannot watch any more, and polling must do. */
function watchDirectory(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    // The directory, since a watched file is lost once it is renamed.
    const watcher = watch(dirname(path), (_event, name) => {
      if (name === null || name === basename(path)) onChange()
    })
    return watcher.on('error', () => watcher.close())
  } catch {
    return undefined
  }
}
