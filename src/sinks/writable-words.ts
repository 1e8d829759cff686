/**
 * Words with white space would shift every value that follows them in a format of words and blanks.
 * @throws Error naming the first of them.
 */
export function refuseUnwritable(words: readonly string[], format: string): void {
  const word = words.find(word => word === '' || /[\s\0]/u.test(word))
  if (word === undefined) return
  throw new Error(
    `export: the word ${JSON.stringify(word)} has white space, which ${format} cannot hold; ` +
      'train on words without it, or export as safetensors'
  )
}
