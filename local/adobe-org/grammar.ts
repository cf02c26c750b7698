/**
 * Command grammar (`umapi.md` 4.3, 5.1, 6, 7, 10.3): turns one entry of the posted array into typed steps, or names the
 * first rule that it breaks. A broken entry is not executed at all; its neighbours are.
 * It knows nothing of the org: whether a user, group, domain or country exists is decided by the steps.
 */
import { addRemoveStep, groupMembersStep } from './grammar-lists.ts';
import {
  asObject,
  GrammarFault,
  MAX_NAME,
  optionalText,
  refuse,
  refuseUnknownKeys,
  type Step,
} from './grammar-values.ts';

export type ParsedCommand =
  | {
      readonly kind: 'user' | 'usergroup';
      /** The command's root value: user name or e-mail, or the user group's name. */
      readonly who: string;
      readonly domain?: string;
      readonly useAdobeID: boolean;
      readonly requestID?: string;
      readonly steps: readonly Step[];
    }
  | {
      readonly kind: 'refused';
      readonly who?: string;
      readonly requestID?: string;
      readonly step?: number;
      readonly code: string;
    };

const MAX_STEPS = 10;
const CREATE_STEPS = new Set(['addAdobeID', 'createEnterpriseID', 'createFederatedID', 'createUserGroup']);
const OPTIONS = new Set(['ignoreIfAlreadyExists', 'updateIfAlreadyExists']);

/** Parses one command; never throws for what a client can send. */
export function parseCommand(entry: unknown): ParsedCommand {
  const root = readRoot(entry);
  try {
    return parseWhole(entry);
  } catch (broken) {
    if (!(broken instanceof GrammarFault)) throw broken;
    const step = broken.step === undefined ? {} : { step: broken.step };
    return { kind: 'refused', ...root, ...step, code: broken.code };
  }
}

/** What an error report echoes, as far as it can be read. */
function readRoot(entry: unknown): { who?: string; requestID?: string } {
  if (typeof entry !== 'object' || entry === null) return {};
  const { user, usergroup, requestID } = Object.fromEntries(Object.entries(entry));
  const who = typeof user === 'string' ? user : usergroup;
  return {
    ...(typeof who === 'string' ? { who } : {}),
    ...(typeof requestID === 'string' ? { requestID } : {}),
  };
}

function parseWhole(entry: unknown): ParsedCommand {
  const command = asObject(entry, 'error.command.illegal_entry');
  refuseUnknownKeys(
    command,
    ['user', 'usergroup', 'domain', 'useAdobeID', 'requestID', 'do'],
    'error.command.illegal_entry',
  );
  const isGroup = 'usergroup' in command;
  if (!isGroup && !('user' in command)) throw refuse('error.command.user_usergroup.missing');
  if (isGroup && 'user' in command) throw refuse('error.command.illegal_entry');
  if (isGroup && ('domain' in command || 'useAdobeID' in command))
    throw refuse('error.command.illegal_entry');
  const who = readWho(command, isGroup);
  const domain = optionalText(command, 'domain', 'error.command.domain.string_expected');
  const requestID = optionalText(command, 'requestID');
  const { useAdobeID = false } = command;
  if (typeof useAdobeID !== 'boolean') throw refuse('error.command.boolean_expected');
  const steps = parseSteps(command.do, isGroup);
  if (!isGroup) checkDomainRule({ who, domain, useAdobeID, steps });
  return {
    kind: isGroup ? 'usergroup' : 'user',
    who,
    ...(domain === undefined ? {} : { domain }),
    useAdobeID,
    ...(requestID === undefined ? {} : { requestID }),
    steps,
  };
}

function readWho(command: Readonly<Record<string, unknown>>, isGroup: boolean): string {
  const who = isGroup ? command.usergroup : command.user;
  if (typeof who !== 'string') throw refuse('error.command.string_expected');
  if (who.trim() === '') {
    throw refuse(isGroup ? 'error.command.user_usergroup.missing' : 'error.command.user.missing');
  }
  if (who.length > (isGroup ? 255 : MAX_NAME)) throw refuse('error.command.string.too_long');
  return who;
}

/** 5.1: a bare name needs `domain`, an e-mail forbids it; Adobe IDs and Enterprise IDs ignore it. */
function checkDomainRule(command: {
  who: string;
  domain: string | undefined;
  useAdobeID: boolean;
  steps: readonly Step[];
}): void {
  const isEmail = command.who.includes('@');
  if (!isEmail && command.domain === undefined) throw refuse('error.command.domain.missing');
  const [first] = command.steps;
  const ignored = command.useAdobeID || (first?.kind === 'create' && first.step !== 'createFederatedID');
  if (isEmail && command.domain !== undefined && !ignored) {
    throw refuse('error.command.domain.must_be_used_with_nonemail_username');
  }
}

function parseSteps(raw: unknown, isGroup: boolean): Step[] {
  if (!Array.isArray(raw) || raw.length === 0) throw refuse('error.command.steps.malformed');
  if (raw.length > MAX_STEPS) throw refuse('error.command.add_remove.list_too_long');
  const entries = raw.map((item: unknown, index) => {
    const [key, ...others] = Object.entries(asObject(item, 'error.command.illegal_entry', index));
    if (key === undefined || others.length > 0) throw refuse('error.command.illegal_entry', index);
    return { name: key[0], value: key[1], index };
  });
  checkOrder(entries);
  return entries.map((entry) => (isGroup ? parseGroupStep(entry) : parseUserStep(entry)));
}

interface StepEntry {
  readonly name: string;
  readonly value: unknown;
  readonly index: number;
}

/** 4.3: one create, first; one `removeFromOrg`, last. */
function checkOrder(entries: readonly StepEntry[]): void {
  const creates = entries.filter(({ name }) => CREATE_STEPS.has(name));
  const second = creates[1];
  if (second !== undefined) throw refuse('error.command.create.more_than_one', second.index);
  const late = creates.find(({ index }) => index !== 0);
  if (late !== undefined) throw refuse('error.command.create.not_first', late.index);
  const removal = entries.find(({ name, index }) => name === 'removeFromOrg' && index !== entries.length - 1);
  if (removal !== undefined) throw refuse('error.command.removefromorg.not_last', removal.index);
}

function parseUserStep({ name, value, index }: StepEntry): Step {
  switch (name) {
    case 'addAdobeID':
    case 'createEnterpriseID':
    case 'createFederatedID':
      return parseCreate(name, value, index);
    case 'update':
      return parseUpdate(value, index);
    case 'add':
    case 'remove':
      return addRemoveStep(name, value, index);
    case 'removeFromOrg':
      return parseRemoval(value, index);
    default:
      throw refuse('error.command.step.unknown', index);
  }
}

function parseGroupStep({ name, value, index }: StepEntry): Step {
  switch (name) {
    case 'createUserGroup':
    case 'updateUserGroup': {
      const code =
        name === 'createUserGroup' ? 'error.command.create.object_expected' : 'error.command.illegal_entry';
      const body = asObject(value, code, index);
      const keys = name === 'createUserGroup' ? ['name', 'description', 'option'] : ['name', 'description'];
      refuseUnknownKeys(
        body,
        keys,
        name === 'createUserGroup' ? 'error.command.create.key.unknown' : code,
        index,
      );
      return { kind: name, ...readTexts(body, ['name', 'description'], index), ...readOption(body, index) };
    }
    case 'deleteUserGroup':
      if (Object.keys(asObject(value, 'error.command.illegal_entry', index)).length > 0) {
        throw refuse('error.command.object_not_empty', index);
      }
      return { kind: 'deleteUserGroup' };
    case 'add':
    case 'remove':
      return groupMembersStep(name, value, index);
    default:
      throw refuse('error.command.step.unknown', index);
  }
}

function parseCreate(
  step: 'addAdobeID' | 'createEnterpriseID' | 'createFederatedID',
  value: unknown,
  index: number,
): Step {
  const body = asObject(value, 'error.command.create.object_expected', index);
  const fields = ['email', 'firstname', 'lastname', 'country'];
  refuseUnknownKeys(body, [...fields, 'option'], 'error.command.create.key.unknown', index);
  const texts = readTexts(body, fields, index, 'error.command.create.string_expected');
  return { kind: 'create', step, ...texts, ...readOption(body, index) };
}

function parseUpdate(value: unknown, index: number): Step {
  const body = asObject(value, 'error.command.illegal_entry', index);
  if ('option' in body) throw refuse('error.command.update.option.no', index);
  const fields = ['email', 'username', 'firstname', 'lastname', 'country'];
  refuseUnknownKeys(body, fields, 'error.command.illegal_entry', index);
  return { kind: 'update', ...readTexts(body, fields, index) };
}

function parseRemoval(value: unknown, index: number): Step {
  const body = asObject(value, 'error.command.illegal_entry', index);
  refuseUnknownKeys(body, ['deleteAccount'], 'error.command.illegal_entry', index);
  const { deleteAccount = false } = body;
  if (typeof deleteAccount !== 'boolean') throw refuse('error.command.boolean_expected', index);
  return { kind: 'removeFromOrg', deleteAccount };
}

function readTexts(
  body: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  index: number,
  code = 'error.command.string_expected',
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const key of keys) {
    const text = optionalText(body, key, code, index);
    if (text !== undefined) texts[key] = text;
  }
  return texts;
}

function readOption(body: Readonly<Record<string, unknown>>, index: number): { option?: string } {
  if (!('option' in body)) return {};
  const { option } = body;
  if (typeof option !== 'string' || !OPTIONS.has(option)) throw refuse('error.option.illegal', index);
  return { option };
}
