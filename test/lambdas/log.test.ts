import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createLog, type LogLevel, redact, redactText } from '../../lambdas/log.ts';
import { lambdaLog } from '../../lambdas/runtime.ts';

function logged(level: LogLevel = 'info') {
  const lines: string[] = [];
  const log = createLog({ level, now: () => Date.UTC(2026, 0, 2), write: (line) => lines.push(line) });
  return { log, entries: () => lines.map((line) => JSON.parse(line)), text: () => lines.join('\n') };
}

const SECRET_ARN =
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:AdobeCredential4F2B9C1D-9kQmZrT1xYbC-aB3dE9';

describe('a log line', () => {
  test('of a function in AWS carries the name that we gave it, not the one that AWS made', () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const made = 'AdobeScimBridge-ProvisionFunction4F2B9C1D-9kQmZrT1xYbC';
    lambdaLog('provision', 'info', { AWS_LAMBDA_FUNCTION_NAME: made }).info('x');
    const [line] = written.mock.calls.map(([text]) => String(text));
    written.mockRestore();
    expect(JSON.parse(line ?? '{}')).toMatchObject({ message: 'x', function: 'provision' });
  });

  test('is one line of JSON with time, level, message and fields', () => {
    const { log, entries, text } = logged();
    log.with({ requestId: 'r1' }).info('two\nlines', { status: 201 });
    expect(text().split('\n')).toHaveLength(1);
    expect(entries()).toEqual([
      {
        time: '2026-01-02T00:00:00.000Z',
        level: 'info',
        message: 'two\nlines',
        requestId: 'r1',
        status: 201,
      },
    ]);
  });

  test('below the level is not written', () => {
    const { log, entries } = logged('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(entries().map(({ message }) => message)).toEqual(['c', 'd']);
  });

  test('an error keeps name, message and cause, masked (T07)', () => {
    const { log, entries } = logged();
    const cause = new TypeError('no answer for jane@example.com');
    log.error('failed', { error: new Error('granting to u7', { cause }) });
    expect(entries()[0].error).toMatchObject({
      name: 'Error',
      message: 'granting to u7',
      cause: { name: 'TypeError', message: 'no answer for j***@example.com' },
    });
  });
});

describe('redaction', () => {
  const texts = [
    { label: 'an e-mail', text: 'jane.doe+x@example.com', becomes: 'j***@example.com' },
    {
      label: 'an e-mail in a sentence',
      text: 'to <Jane_Doe@mail.example.org>!',
      becomes: 'to <J***@mail.example.org>!',
    },
    {
      label: 'an e-mail in a query',
      text: 'filter=userName%20eq%20jane%40example.com',
      becomes: /^(?!.*ane%40).*example\.com$/,
    },
    { label: 'an e-mail beyond ASCII', text: 'zoë@exämple.com', becomes: 'z***@exämple.com' },
    {
      label: 'a bearer header',
      text: 'authorization: Bearer abc.def-123',
      becomes: 'authorization: Bearer [redacted]',
    },
    {
      label: 'a JSON web token',
      text: 'got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-bmF0',
      becomes: 'got [redacted]',
    },
    {
      label: '32 random bytes in base64url',
      text: 'x dGhpcyBpcyBhIHNlY3JldCB0b2tlbiB2YWx1ZTEyMw y',
      becomes: 'x [redacted] y',
    },
    { label: 'half a token of ours', text: 'got scimb_0198c0de.', becomes: 'got [redacted].' },
    { label: 'a secret of Adobe', text: `is p8e-${'0f'.repeat(16)}!`, becomes: 'is [redacted]!' },
    { label: '32 random bytes in hex', text: `k=${'0f'.repeat(32)}`, becomes: 'k=[redacted]' },
    {
      label: 'the name of a secret stays: an error has to say which one it is about',
      text: `the secret ${SECRET_ARN} holds no text`,
      becomes: `the secret ${SECRET_ARN} holds no text`,
    },
    {
      label: 'a token behind a name does not',
      text: `${SECRET_ARN} ${'aB3'.repeat(20)} arn:aws:x ${'0f'.repeat(32)}`,
      becomes: `${SECRET_ARN} [redacted] arn:aws:x [redacted]`,
    },
    {
      label: 'a person in a name does not',
      text: 'arn:aws:sts::123456789012:assumed-role/Admin/jane.doe@example.com',
      becomes: /^(?!.*ane)arn:aws:sts.*@example\.com$/,
    },
    {
      label: 'a UUID stays',
      text: '0198c0de-1111-7aaa-8bbb-0123456789ab',
      becomes: '0198c0de-1111-7aaa-8bbb-0123456789ab',
    },
    {
      label: 'a long name stays',
      text: 'dynamic-chat-eu-live-agents-of-2026-and-later',
      becomes: 'dynamic-chat-eu-live-agents-of-2026-and-later',
    },
  ];
  for (const { label, text, becomes } of texts) {
    test(label, () => {
      expect(redactText(text)).toEqual(
        typeof becomes === 'string' ? becomes : expect.stringMatching(becomes),
      );
    });
  }

  test('fields named like a secret are masked whatever they hold', () => {
    const fields = {
      authorization: 'x',
      clientSecret: 'y',
      access_token: 'z',
      token: 1,
      tokenId: 't1',
      nested: { password: ['p'] },
    };
    expect(redact(fields)).toEqual({
      authorization: '[redacted]',
      clientSecret: '[redacted]',
      access_token: '[redacted]',
      token: '[redacted]',
      tokenId: 't1',
      nested: { password: '[redacted]' },
    });
  });

  test('a field named as an id keeps a random id, and still no e-mail or bearer value', () => {
    const tokenId = '01a204353fa779bb9a010ed6c375b99a';
    expect(redact({ tokenId, userId: 'jane@example.com', requestId: 'Bearer abcdef' })).toEqual({
      tokenId,
      userId: 'j***@example.com',
      requestId: 'Bearer [redacted]',
    });
  });

  test('what JSON cannot hold does not break a line', () => {
    const ring: Record<string, unknown> = {
      big: 1n,
      bytes: Buffer.from('abc'),
      at: new Date(0),
      set: new Set([1]),
    };
    ring.self = ring;
    expect(() => JSON.stringify(redact(ring))).not.toThrow();
    expect(redact({ big: 1n, bytes: Buffer.from('abc') })).toEqual({ big: '1', bytes: '[3 bytes]' });
  });

  test('a long text is cut after masking, so half a token never shows', () => {
    const text = `${'a '.repeat(990)}${'Ab1'.repeat(20)}`;
    expect(redactText(text)).not.toContain('Ab1');
  });

  test.each(['', '_', "'", '%20', '.', '-', '.c', '@', '%', '+', 'x', ';', '%2C', '..'])(
    'two addresses with %j between them are both masked (T44)',
    (between) => {
      for (const at of ['@', '%40']) {
        const text = redactText(`ada.park${at}example.com${between}bob.roe${at}example.org`);
        expect(text).not.toMatch(/ada.park|bob.roe|roe@|park@/);
      }
    },
  );

  test('no e-mail address survives, at any depth (T07)', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9._-]{2,20}$/);
    fc.assert(
      fc.property(name, fc.constantFrom(' ', ',', '"', '<', ''), (local, before) => {
        const { log, text } = logged();
        const address = `${local}@example.com`;
        log.info(`${before}${address}`, { list: [{ [address]: address }], error: new Error(address) });
        expect(text()).not.toContain(address);
      }),
    );
  });
});
