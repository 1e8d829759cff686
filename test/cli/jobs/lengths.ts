// A job that ends with its input: the length of each line.

import { defineJob, filter, lines, map, pipe, z } from 'tensair'

export default defineJob({
  name: 'lengths',
  description: 'The length of each line of a text.',
  options: z.object({
    input: z.string().default('-').describe('what to read'),
    minLength: z.number().int().min(0).default(0).describe('shortest line'),
    factor: z.number().optional().describe('what to multiply by'),
    unit: z.enum(['characters', 'bytes']).default('characters').describe('what to count'),
    upper: z.boolean().default(false).describe('write the lines in upper case'),
    trim: z.boolean().default(true).describe('leave out spaces around a line'),
    tag: z.array(z.string()).default([]).describe('goes with each line')
  }),
  flow: ({ options: { input, minLength, factor = 1, unit, upper, trim, tag }, signal }) =>
    pipe(
      lines(input, { signal }),
      map((line: string) => (trim ? line.trim() : line)),
      filter((line: string) => line.length >= minLength),
      map((line: string) => ({
        line: upper ? line.toUpperCase() : line,
        length: factor * (unit === 'bytes' ? Buffer.byteLength(line) : line.length),
        ...(tag.length > 0 && { tag })
      }))
    )
})
