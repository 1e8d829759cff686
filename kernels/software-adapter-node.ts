import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

const PACKAGE = '@sparticuz/chromium'
const LOADER = 'libvulkan.so.1'
const DRIVER = 'vk_swiftshader_icd.json'

/** Whether this machine has a Vulkan loader of its own. Dawn writes a warning to stderr where there is none, so ask first. */
export function hasVulkanLoader(): boolean {
  return process.platform !== 'linux' || keepLoaded(LOADER)
}

/**
 * Makes SwiftShader, a Vulkan driver that runs on the CPU, visible to a Dawn instance created afterwards. It is unpacked
 * from the development dependency @sparticuz/chromium, once for each version of it.
 *
 * @returns false where that package is not installed or holds no driver for this machine.
 */
export function provideSoftwareAdapter(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  const folder = unpacked()
  if (folder === undefined) return false
  if (!keepLoaded(LOADER) && !keepLoaded(join(folder, LOADER))) return false
  process.env.VK_DRIVER_FILES = join(folder, DRIVER)
  return true
}

/** Loads a shared library for good, so that Dawn, asking for it by its bare name, gets this one. */
function keepLoaded(library: string): boolean {
  const noDelete = 0x1000 // RTLD_NODELETE, which os.constants lacks: Node unloads what is no addon
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | noDelete)
    return true
  } catch (error) {
    return error instanceof Error && error.message.includes('did not self-register')
  }
}

/** The folder that holds the unpacked driver; undefined where there is nothing to unpack. */
function unpacked(): string | undefined {
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(PACKAGE)
  } catch {
    return undefined
  }
  const end = entry.lastIndexOf(join('node_modules', PACKAGE)) + join('node_modules', PACKAGE).length
  const home = entry.slice(0, end)
  const archive = join(home, 'bin', 'swiftshader.tar.br')
  if (!existsSync(archive)) return undefined
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }

  const name = `swiftshader-${version}`
  const modules = home.slice(0, -PACKAGE.length)
  for (const place of [join(modules, '.cache', 'tensair'), join(homedir(), '.cache', 'tensair')]) {
    const folder = join(place, name)
    if (existsSync(join(folder, DRIVER))) return folder
    try {
      unpack(archive, folder)
      return folder
    } catch {
      // Not writable; the next place may be.
    }
  }
  return undefined
}

/** Unpacks beside `folder` and renames: of several processes at once, each sees all of it or nothing. */
function unpack(archive: string, folder: string): void {
  mkdirSync(dirname(folder), { recursive: true })
  const fresh = mkdtempSync(`${folder}-`)
  for (const { name, bytes } of tarFiles(brotliDecompressSync(readFileSync(archive)))) {
    writeFileSync(join(fresh, name), bytes)
  }
  try {
    renameSync(fresh, folder)
  } catch (error) {
    rmSync(fresh, { recursive: true })
    if (!existsSync(join(folder, DRIVER))) throw error
  }
}

/** The plain files of a tar archive, by their base names. */
function* tarFiles(tar: Buffer): Generator<{ name: string; bytes: Buffer }> {
  // A file is a 512-byte header (name at 0, size in octal at 124, type at 156), then its bytes up to the next 512.
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const name = basename(tar.toString('latin1', at, at + 100).replace(/\0.*/s, ''))
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8)
    if (tar[at + 156] === 0x30) yield { name, bytes: tar.subarray(at + 512, at + 512 + size) }
    at += 512 + Math.ceil(size / 512) * 512
  }
}
