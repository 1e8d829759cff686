import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { dateOf, splitMail, wordsOf } from '../../src/cli/demo-mail-text.ts'

const at = (date: string) => dateOf(`From: a@b.example\nDate: ${date}\nSubject: x`)

test('a date is read in the forms that mail of 2002 has it in', () => {
  const wanted = Date.UTC(2002, 7, 22, 13, 36, 19)
  strictEqual(at('Thu, 22 Aug 2002 07:36:19 -0600'), wanted)
  strictEqual(at('22 Aug 2002 13:36:19 GMT'), wanted)
  strictEqual(at('Thu, 22 Aug 02 13:36:19 Eastern Daylight Time'), wanted)
  strictEqual(at('Thu, 22 Aug 0102 23:36:19 +1000'), wanted)
  strictEqual(at('Thu, 22 Aug 2002 13:36:19 +-0500'), wanted)
  strictEqual(at('Thu,\n\t22 August 2002 13:36:19 +0000 (UTC)'), wanted)
  strictEqual(at('Thu, 22 Aug 2002 1:5:13'), Date.UTC(2002, 7, 22, 1, 5, 13))
  strictEqual(at('Sat, 16 Dec 99 05:27:20 +0000'), Date.UTC(1999, 11, 16, 5, 27, 20))
  strictEqual(new Date(at('Sat Sep 21 08:18:08 2002')).getFullYear(), 2002)
})

test('what is no date is none', () => {
  for (const date of ['soon', '', '41 Aug 2002 07:36:19 -0600', '2002/09/14 Sat 02:29:32 CDT']) {
    ok(Number.isNaN(at(date)), date)
  }
  ok(Number.isNaN(dateOf('Subject: Date: 22 Aug 2002 07:36:19 -0600')))
})

test('headers end at the first empty line, whatever ends lines', () => {
  const { headers, body } = splitMail('Subject: a\r\nDate: b\r\n\r\nfirst\r\n\r\nsecond')
  strictEqual(headers, 'Subject: a\r\nDate: b')
  strictEqual(body, 'first\r\n\r\nsecond')
  strictEqual(splitMail('Subject: only').body, '')
})

test('of a mail its subject and its text are read, and nothing that tells which list or filter it has passed', () => {
  const headers = [
    'X-Spam-Status: Yes, hits=12',
    'List-Id: Irish Linux <ilug.linux.ie>',
    'Subject: Re: [ILUG] a new',
    '\tkernel'
  ].join('\n')
  const body = [
    'Write to zzzz@spamassassin.taint.org or <a href="http://x.example">here</a> &amp; now =',
    'or never',
    '_______________________________________________',
    'Irish Linux mailing list'
  ].join('\n')
  strictEqual(wordsOf(headers, body), 'Re: a new kernel Write to @somebody or here now or never')
})

test('what stands around the parts of a mail is left out, and all after the first 100 words', () => {
  const parts = [
    '------=_NextPart_0',
    'Content-Type: text/plain;',
    '\tcharset="iso-8859-1"',
    'hello',
    'QUJD'.repeat(19)
  ]
  strictEqual(wordsOf('Subject: =?iso-8859-1?Q?Hi?=', parts.join('\n')), 'Hi hello')
  strictEqual(wordsOf('Subject: a', 'word '.repeat(500)).split(' ').length, 100)
})
