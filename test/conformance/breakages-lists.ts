/** Faults of lists, filters, sorting and paging, each with the check that has to see it. */
import {
  answer,
  answers,
  type Breakage,
  bodies,
  filters,
  ignoring,
  instead,
  json,
  on,
  pathOf,
  requests,
  status,
  without,
} from './breaking.ts';
import { readList } from './json.ts';
import { LIST } from './words.ts';

const lists = on('GET', /^\/(Users|Groups)(\?|$)/);
const filtered = on('GET', /filter=/);
const nothing = answer(200, {
  schemas: [LIST],
  totalResults: 0,
  startIndex: 1,
  itemsPerPage: 0,
  Resources: [],
});

export const listBreakages: readonly Breakage[] = [
  {
    breaks: 'leaves totalResults out',
    caughtBy: 'list.envelope',
    proxy: json(lists, (body) => without(body, 'totalResults')),
  },
  {
    breaks: 'leaves startIndex and itemsPerPage out',
    caughtBy: 'list.page-numbers',
    proxy: json(lists, (body) => without(body, 'startIndex', 'itemsPerPage')),
  },
  {
    breaks: 'answers a look-up without a match by 404',
    caughtBy: 'list.no-match',
    proxy: answers(filtered, (got) => (got.text.includes('"totalResults":0') ? answer(404) : got)),
  },
  {
    breaks: 'writes totalResults as a text',
    caughtBy: 'list.numbers',
    also: ['list.page-numbers'],
    proxy: json(lists, (body) => ({ ...body, totalResults: String(body['totalResults']) })),
  },
  {
    breaks: 'turns the order of each page',
    caughtBy: 'list.stable-order',
    proxy: json(lists, (body) => ({ ...body, Resources: [...readList(body, 'Resources')].reverse() })),
  },
  {
    breaks: 'counts wrongly',
    caughtBy: 'list.true-total',
    proxy: json(lists, (body) => ({ ...body, totalResults: 7 })),
  },
  {
    breaks: 'refuses filters that no index answers',
    caughtBy: 'list.any-attribute',
    proxy: instead(
      on('GET', /filter=title/),
      answer(400, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '400',
        scimType: 'invalidFilter',
      }),
    ),
  },
  {
    breaks: 'ignores the filter of a search',
    caughtBy: 'search.same-result',
    proxy: bodies(on('POST', /\.search$/), (body) => without(body, 'filter')),
  },
  {
    breaks: 'ignores count and startIndex of a search',
    caughtBy: 'search.paging',
    proxy: bodies(on('POST', /\.search$/), (body) => without(body, 'count', 'startIndex')),
  },
  {
    breaks: 'ignores attributes of a search',
    caughtBy: 'search.projection',
    proxy: bodies(on('POST', /\.search$/), (body) => without(body, 'attributes')),
  },
  { breaks: 'takes an empty filter', caughtBy: 'filter.empty', proxy: status(400, 200, filtered) },
  {
    breaks: 'ignores an operator it does not know',
    caughtBy: 'filter.unknown-operator',
    proxy: filters((filter) => filter.replace(/ (like|=|regex) /, ' eq ').replace(' xor ', ' or ')),
  },
  {
    breaks: 'ignores filters it cannot read',
    caughtBy: 'filter.syntax',
    proxy: answers(filtered, (got) => (got.status === 400 ? nothing : got)),
  },
  {
    breaks: 'answers bad filters by invalidValue',
    caughtBy: 'filter.syntax',
    proxy: answers(filtered, (got) => ({ ...got, text: got.text.replace('invalidFilter', 'invalidValue') })),
  },
  {
    breaks: 'reads operators by case',
    caughtBy: 'filter.any-case',
    proxy: instead(on('GET', / (EQ|Eq|AND|PR|Sw|OR|Pr)[ )]/), answer(400)),
  },
  {
    breaks: 'overlooks not',
    caughtBy: 'filter.precedence',
    proxy: filters((filter) => filter.replaceAll('not (', '(')),
  },
  {
    breaks: 'takes not without a parenthesis',
    caughtBy: 'filter.not-parenthesis',
    proxy: filters((filter) => filter.replace(/not (userName eq "x")/, 'not ($1)')),
  },
  {
    breaks: 'joins the conditions of a value path over all elements',
    caughtBy: 'filter.value-path',
    proxy: filters((filter) =>
      filter.replace(/emails\[(\S+ eq \S+) and (.*?)\]/g, 'emails.$1 and emails.$2'),
    ),
  },
  {
    breaks: 'reads + in a filter as a plus',
    caughtBy: 'filter.plus-as-blank',
    proxy: requests(filtered, (sent) => ({ ...sent, url: sent.url.replaceAll('+', '%2B') })),
  },
  {
    breaks: 'cuts values at quotes',
    caughtBy: 'filter.odd-values',
    proxy: filters((filter) => filter.replace(/\\"hi\\".*"/, '"')),
  },
  {
    breaks: 'compares titles by case',
    caughtBy: 'match.case',
    proxy: answers(on('GET', /"DESIGNER"/), () => nothing),
  },
  {
    breaks: 'looks at the first value of a list only',
    caughtBy: 'match.any-value',
    proxy: filters((filter) =>
      filter.replace('emails.type eq "home"', 'emails[type eq "home" and primary eq true]'),
    ),
  },
  {
    breaks: 'takes co for sw',
    caughtBy: 'match.whole-or-part',
    proxy: filters((filter) => filter.replace(' co ', ' sw ')),
  },
  {
    breaks: 'takes ge for gt',
    caughtBy: 'match.order-text',
    proxy: filters((filter) => filter.replace(' ge ', ' gt ')),
  },
  {
    breaks: 'compares dates as texts',
    caughtBy: 'match.order-dates',
    proxy: filters((filter) => filter.replace('+14:00', 'Z')),
  },
  { breaks: 'orders booleans', caughtBy: 'match.no-order', proxy: status(400, 200, filtered) },
  {
    breaks: 'finds everybody by pr',
    caughtBy: 'match.present',
    proxy: filters((filter) => filter.replace(/[\w.$:]+ pr\b/, 'id pr')),
  },
  {
    breaks: 'does not know qualified paths',
    caughtBy: 'match.qualified',
    proxy: instead(on('GET', /urn:ietf:params:scim:schemas:core:2.0:User:userName/), nothing),
  },
  {
    breaks: 'counts the page instead of the matches',
    caughtBy: 'match.total',
    proxy: json(lists, (body) => ({ ...body, totalResults: body['itemsPerPage'] })),
  },
  { breaks: 'ignores sortBy', caughtBy: 'sort.descending', proxy: ignoring('sortBy') },
  { breaks: 'ignores sortOrder', caughtBy: 'sort.descending', proxy: ignoring('sortOrder') },
  {
    breaks: 'starts a sorted list in its middle',
    caughtBy: 'sort.ascending',
    proxy: json(on('GET', /sortBy/), (body) => ({
      ...body,
      Resources: [...readList(body, 'Resources').slice(1), ...readList(body, 'Resources').slice(0, 1)],
    })),
  },
  {
    breaks: 'sorts the page instead of all matches',
    caughtBy: 'sort.paged',
    proxy: json(on('GET', /startIndex=3/), (body) => ({
      ...body,
      Resources: [...readList(body, 'Resources')].reverse(),
    })),
  },
  {
    breaks: 'answers the startIndex that was asked for',
    caughtBy: 'page.start-below-one',
    proxy: json(lists, (body, { url }) => ({
      ...body,
      startIndex: Number(/startIndex=(-?\d+)/.exec(pathOf(url))?.[1] ?? 1),
    })),
  },
  {
    breaks: 'takes count=0 for no count',
    caughtBy: 'page.count-zero',
    proxy: requests(lists, (sent) => ({ ...sent, url: sent.url.replace(/count=0/, '') })),
  },
  { breaks: 'ignores count', caughtBy: 'page.count-limits', proxy: ignoring('count') },
  {
    breaks: 'counts the page as the total',
    caughtBy: 'page.total',
    proxy: json(lists, (body) => ({ ...body, totalResults: readList(body, 'Resources').length })),
  },
  {
    breaks: 'answers itemsPerPage by count',
    caughtBy: 'page.numbers',
    proxy: json(lists, (body, { url }) => ({
      ...body,
      itemsPerPage: Number(/count=(\d+)/.exec(pathOf(url))?.[1] ?? 100),
    })),
  },
  { breaks: 'ignores startIndex', caughtBy: 'page.walk', proxy: ignoring('startIndex') },
  {
    breaks: 'answers a page beyond the end by 404',
    caughtBy: 'page.beyond',
    proxy: instead(on('GET', /startIndex=10000/), answer(404)),
  },
  {
    breaks: 'fails on a count that is no number',
    caughtBy: 'page.not-a-number',
    proxy: status(400, 500, lists),
  },
  { breaks: 'has a next cursor on every page', caughtBy: 'cursor.walk', proxy: endless() },
  {
    breaks: 'loses the first one of each further page of an unfiltered walk',
    caughtBy: 'cursor.whole-list',
    proxy: json(on('GET', /^\/Groups\?.*cursor=./), (body) => ({
      ...body,
      Resources: readList(body, 'Resources').slice(1),
    })),
  },
  {
    breaks: 'ends an unfiltered walk on its first page',
    caughtBy: 'cursor.whole-list',
    proxy: json(on('GET', /^\/Groups\?.*cursor=$/), (body) => without(body, 'nextCursor')),
  },
  {
    breaks: 'finds its place by who stood there',
    caughtBy: 'cursor.changes',
    proxy: json(
      on('GET', /^\/Users\?.*sortBy=displayName.*|^\/Users\?cursor=.*sortBy=displayName/),
      (body, { url }) =>
        /cursor=./.test(pathOf(url)) && !/userName/.test(pathOf(url))
          ? { ...without(body, 'nextCursor'), Resources: readList(body, 'Resources').slice(-1) }
          : body,
    ),
  },
  {
    breaks: 'has a previous cursor on the first page',
    caughtBy: 'cursor.previous',
    proxy: json(on('GET', /cursor/), (body) => ({ ...body, previousCursor: 'before' })),
  },
  {
    breaks: 'makes cursors of any characters',
    caughtBy: 'cursor.characters',
    proxy: json(on('GET', /cursor&/), (body) => ({ ...body, nextCursor: 'a/b+c==' })),
  },
  {
    breaks: 'takes cursors it never gave',
    caughtBy: 'cursor.errors',
    proxy: status(400, 200, on('GET', /cursor/)),
  },
];

/** The first next cursor, again and again. */
function endless(): Breakage['proxy'] {
  let first: unknown;
  return json(on('GET', /cursor/), (body) => {
    first ??= body['nextCursor'];
    return { ...body, nextCursor: first };
  });
}
