/** The lists of `add` and `remove` steps: keys, lengths, empty entries, duplicates (`umapi.md` 4.3, 6.3, 7, 10.3). */
import { asObject, MAX_NAME, refuse, refuseUnknownKeys, type Step } from './grammar-values.ts';
import { normal } from './store.ts';

const MAX_LIST = 10;

/** `add` or `remove` of a user command: `group`, or one of the two old keys. */
export function addRemoveStep(name: 'add' | 'remove', value: unknown, index: number): Step {
  if (value === 'all' && name === 'remove') return { kind: 'removeAll' };
  const body = asObject(value, 'error.command.add_remove.list', index);
  refuseUnknownKeys(
    body,
    ['group', 'product', 'productConfiguration'],
    'error.command.add_remove.key.unknown',
    index,
  );
  const keys = Object.keys(body);
  if (keys.length === 0) throw refuse('error.command.add_remove.missing_list', index);
  const names = keys.flatMap((key) =>
    readList(body[key], {
      index,
      emptyCode: 'error.group.invalid_list',
      duplicateCode: duplicateCodes[key] ?? '',
    }),
  );
  const deprecated = keys.find((key) => key === 'product');
  return { kind: name, names, ...(deprecated === undefined ? {} : { deprecated }) };
}

const duplicateCodes: Readonly<Record<string, string>> = {
  group: 'error.command.add_remove.duplicate.group_list',
  product: 'error.command.add_remove.duplicate.product_list',
  productConfiguration: 'error.command.add_remove.duplicate.product_list',
  user: 'error.command.add_remove.duplicate.user_list',
};

/** `add` or `remove` of a usergroup command: up to 10 users and profiles together. */
export function groupMembersStep(name: 'add' | 'remove', value: unknown, index: number): Step {
  const body = asObject(value, 'error.command.add_remove.list', index);
  refuseUnknownKeys(body, ['user', 'productConfiguration'], 'error.command.add_remove.key.unknown', index);
  if (Object.keys(body).length === 0) throw refuse('error.command.add_remove.missing_list', index);
  const [users, profiles] = ['user', 'productConfiguration'].map((key) => {
    if (!(key in body)) return [];
    const emptyCode = key === 'user' ? 'error.user.user_list.invalid' : 'error.group.invalid_list';
    return readList(body[key], { index, emptyCode, duplicateCode: duplicateCodes[key] ?? '' });
  });
  if ((users?.length ?? 0) + (profiles?.length ?? 0) > MAX_LIST) {
    throw refuse('error.command.add_remove.list_too_long', index);
  }
  const kind = name === 'add' ? 'addMembers' : 'removeMembers';
  return { kind, users: users ?? [], profiles: profiles ?? [] };
}

function readList(
  value: unknown,
  { index, emptyCode, duplicateCode }: { index: number; emptyCode: string; duplicateCode: string },
): string[] {
  if (!Array.isArray(value)) throw refuse('error.command.add_remove.list_not_array', index);
  if (value.length === 0) throw refuse(emptyCode, index);
  if (value.length > MAX_LIST) throw refuse('error.command.add_remove.list_too_long', index);
  const names = value.map((entry: unknown) => {
    if (entry === null || entry === '') throw refuse(emptyCode, index);
    if (typeof entry !== 'string') throw refuse('error.command.string_expected', index);
    if (entry.length > MAX_NAME)
      throw refuse('error.command.add_remove.group_or_product_name_too_long', index);
    return entry;
  });
  if (new Set(names.map(normal)).size < names.length) throw refuse(duplicateCode, index);
  return names;
}
