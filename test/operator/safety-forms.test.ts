/** The lines of `holds` and `restore`: what is asked of the bridge, and what is a wrong line. */
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../operator/arguments.ts';

describe('a line that asks', () => {
  test.each([
    { line: 'mode', command: 'mode', args: {} },
    { line: 'mode full', command: 'mode', args: { mode: 'full', yes: false } },
    { line: 'mode report-only --yes', command: 'mode', args: { mode: 'report-only', yes: true } },
    {
      line: 'pause it looks wrong',
      command: 'pause',
      args: { scope: 'connection', reason: 'it looks wrong' },
    },
    { line: 'pause --all --reason wrong', command: 'pause', args: { scope: 'all', reason: 'wrong' } },
    { line: 'resume --org', command: 'resume', args: { scope: 'org' } },
    { line: 'holds list', command: 'holds.list', args: {} },
    { line: 'holds show 2', command: 'holds.show', args: { id: 2 } },
    { line: 'holds approve 2 --pairs 40', command: 'holds.approve', args: { id: 2, pairs: 40 } },
    {
      line: 'holds approve 2 --person jane@example.com',
      command: 'holds.approve',
      args: { id: 2, person: 'jane@example.com' },
    },
    { line: 'holds reject 2', command: 'holds.reject', args: { id: 2 } },
    { line: 'restore jane@example.com', command: 'restore', args: { email: 'jane@example.com', yes: false } },
    {
      line: 'restore jane@example.com --yes',
      command: 'restore',
      args: { email: 'jane@example.com', yes: true },
    },
  ])('$line', ({ line, command, args }) => {
    expect(parseCommandLine(line.split(' '))).toMatchObject({ kind: 'call', call: { command, args } });
  });
});

describe('a wrong line', () => {
  test.each([
    { line: 'mode fast', says: /report-only, additive, full/ },
    { line: 'mode --yes', says: /report-only, additive, full/ },
    { line: 'pause', says: /say why/ },
    { line: 'pause --org --all --reason x', says: /choose one/ },
    { line: 'resume now', says: /nothing more/ },
    { line: 'holds', says: /say holds list, or holds show/ },
    { line: 'holds show', says: /holds show ID/ },
    { line: 'holds show two', says: /holds show ID/ },
    // An approval without the number that was seen would approve what nobody saw (V5).
    { line: 'holds approve 2', says: /--pairs N/ },
    { line: 'holds approve 2 --pairs all', says: /--pairs N/ },
    { line: 'holds approve 2 --pairs 3 --person a@b.c', says: /--pairs N/ },
    { line: 'holds reject 2 3', says: /holds reject ID/ },
    { line: 'restore jane', says: /one e-mail address/ },
  ])('$line', ({ line, says }) => {
    const parsed = parseCommandLine(line.split(' '));
    expect(parsed.kind).toBe('usage');
    expect(parsed.kind === 'usage' && parsed.message).toMatch(says);
  });
});
