import { readdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The numbered names that a growing file's parts get: of `log.ndjson.gz` they are `log-000001.ndjson.gz` and so on. */
export class FileParts {
  readonly #path: string
  readonly #folder: string
  readonly #name: string
  readonly #ending: string
  #last = 0

  constructor(path: string) {
    const file = basename(path)
    this.#path = path
    this.#folder = dirname(path)
    this.#ending = /(\.[^.]+)?(\.gz|\.zst)?$/.exec(file)?.[0] ?? ''
    this.#name = file.slice(0, file.length - this.#ending.length)
  }

  /** Looks for parts that are there, to go on after them; gives the path of the last, if there is one. */
  async find(): Promise<string | undefined> {
    const start = `${this.#name}-`
    // A folder that is not there has none.
    for (const file of await readdir(this.#folder).catch(() => [])) {
      if (!file.startsWith(start) || !file.endsWith(this.#ending)) continue
      const digits = file.slice(start.length, file.length - this.#ending.length)
      if (/^\d{6,}$/.test(digits)) this.#last = Math.max(this.#last, Number(digits))
    }
    return this.#last > 0 ? this.#partPath() : undefined
  }

  /** Gives the growing file the next number. */
  async add(): Promise<void> {
    this.#last++
    await rename(this.#path, this.#partPath())
  }

  #partPath(): string {
    return join(this.#folder, `${this.#name}-${String(this.#last).padStart(6, '0')}${this.#ending}`)
  }
}
