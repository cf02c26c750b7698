import { describe, expect, test } from 'vitest';
import { parseStart } from '../../local/options.ts';

const parse = (line: string) => parseStart(line === '' ? [] : line.split(' '));
const nothing = {
  adobe: 'simulated',
  dir: '.bridge',
  port: undefined,
  adobePort: undefined,
  adobeUrl: undefined,
  credential: undefined,
  speed: undefined,
};

describe('the options of npm start', () => {
  const good: readonly { line: string; options: object }[] = [
    { line: '', options: nothing },
    { line: '--adobe live', options: { ...nothing, adobe: 'live', dir: '.bridge-live' } },
    { line: '--adobe live --data d --port 80', options: { ...nothing, adobe: 'live', dir: 'd', port: 80 } },
    {
      line: '--data d --port 80 --adobe-port 81 --speed 60',
      options: { ...nothing, dir: 'd', port: 80, adobePort: 81, speed: 60 },
    },
    {
      line: '--adobe-url http://127.0.0.1:4300/',
      options: { ...nothing, adobeUrl: 'http://127.0.0.1:4300' },
    },
    {
      line: '--adobe-url http://x --adobe-org o@AdobeOrg --adobe-client-id c --adobe-client-secret s',
      options: {
        ...nothing,
        adobeUrl: 'http://x',
        credential: { orgId: 'o@AdobeOrg', clientId: 'c', clientSecret: 's' },
      },
    },
  ];
  for (const { line, options } of good) {
    test(`"${line}" starts`, () => {
      expect(parse(line)).toEqual({ kind: 'start', options });
    });
  }

  const wrong: readonly { line: string; says: RegExp }[] = [
    { line: '--adobe real', says: /--adobe is live or simulated, not real/ },
    { line: '--adobe live --speed 60', says: /--speed is for a simulated Adobe org/ },
    { line: '--adobe live --adobe-client-secret s', says: /--adobe-client-secret is for a simulated/ },
    { line: '--frob', says: /--frob/ },
    { line: 'now', says: /now/ },
    { line: '--port', says: /--port/ },
    { line: '--data=', says: /--data is the name of a folder/ },
    { line: '--port 0', says: /--port is a number from 1 to 65535, not 0/ },
    { line: '--port 70000', says: /70000/ },
    { line: '--adobe-port http', says: /--adobe-port/ },
    { line: '--speed 0', says: /--speed is a number from 1/ },
    { line: '--speed fast', says: /fast/ },
    { line: '--adobe-url localhost:80', says: /--adobe-url is an address/ },
    { line: '--adobe-url http://x --adobe-port 80', says: /exclude each other/ },
    { line: '--adobe-url http://x --adobe-org o', says: /go together/ },
    { line: '--adobe-org o --adobe-client-id c --adobe-client-secret s', says: /go with --adobe-url/ },
  ];
  for (const { line, says } of wrong) {
    test(`"${line}" is refused with the reason`, () => {
      expect(parse(line)).toEqual({ kind: 'usage', message: expect.stringMatching(says) });
    });
  }

  test('--help shows the help', () => {
    expect(parse('--help')).toEqual({ kind: 'help' });
  });
});
