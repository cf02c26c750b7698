/**
 * Adobe's two throttles (`umapi.md` section 4): so many calls a minute per client and endpoint, and the hidden one on
 * page 0 of the two listings, which then blocks the client altogether. Decides before anything is executed, so that a
 * throttled call changes nothing but this book-keeping.
 */
import { pickBetween } from './random.ts';
import type { ClientTraffic, Endpoint } from './state.ts';
import type { Store } from './store.ts';

const MINUTE_MS = 60_000;

export interface Arrival {
  readonly clientId: string;
  readonly endpoint: Endpoint;
  /** Page of a listing; undefined elsewhere. */
  readonly page?: number | undefined;
  readonly at: number;
  readonly testOnly: boolean;
}

/** Counts a call in. Returns undefined when it may pass, else the seconds of `Retry-After`. */
export function admit(store: Store, random: () => number, arrival: Arrival): number | undefined {
  const { knobs } = store.meta;
  const traffic = trafficOf(store, arrival.clientId);
  // IMS is another service: tokens are still minted for a paused client.
  const paused = arrival.endpoint !== 'token' && traffic.blockedUntil > arrival.at;
  if (paused) return secondsUntil(traffic.blockedUntil, arrival.at);
  const counts = !(arrival.testOnly && !knobs.testOnlyCounts);
  const wait = knobs.throttle && counts ? minuteWait(store, traffic, arrival) : undefined;
  if (wait !== undefined) return wait;
  const pause = knobs.frequencyThrottle ? listingPause(store, random, { traffic, arrival }) : undefined;
  if (pause !== undefined) return pause;
  if (counts) traffic.calls[arrival.endpoint] = [...recent(store, traffic, arrival), arrival.at];
  return undefined;
}

export function trafficOf(store: Store, clientId: string): ClientTraffic {
  const known = store.meta.traffic[clientId];
  if (known !== undefined) return known;
  const fresh: ClientTraffic = { calls: {}, firstPageAt: {}, blockedUntil: 0 };
  store.meta.traffic[clientId] = fresh;
  return fresh;
}

function limitOf(store: Store, endpoint: Endpoint): number {
  const { limitsPerMinute, mintLimitPerMinute } = store.meta.knobs;
  if (endpoint === 'token') return mintLimitPerMinute > 0 ? mintLimitPerMinute : Number.POSITIVE_INFINITY;
  if (endpoint === 'status' || endpoint === 'other') return Number.POSITIVE_INFINITY;
  return limitsPerMinute[endpoint];
}

function minuteWait(store: Store, traffic: ClientTraffic, arrival: Arrival): number | undefined {
  const own = recent(store, traffic, arrival);
  if (own.length >= limitOf(store, arrival.endpoint)) return waitFor(store, own[0] ?? arrival.at, arrival.at);
  if (arrival.endpoint === 'token') return undefined;
  const all = Object.values(store.meta.traffic).flatMap((other) => recent(store, other, arrival));
  if (all.length < store.meta.knobs.globalLimitPerMinute) return undefined;
  return waitFor(store, Math.min(...all), arrival.at);
}

/** The calls that still count, oldest first. */
function recent(store: Store, traffic: ClientTraffic, { endpoint, at }: Arrival): number[] {
  const fixed = store.meta.knobs.throttleWindow === 'fixed';
  const since = fixed ? Math.floor(at / MINUTE_MS) * MINUTE_MS - 1 : at - MINUTE_MS;
  return (traffic.calls[endpoint] ?? []).filter((time) => time > since);
}

function waitFor(store: Store, oldest: number, at: number): number {
  const fixed = store.meta.knobs.throttleWindow === 'fixed';
  const freeAt = fixed ? (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS : oldest + MINUTE_MS;
  return secondsUntil(freeAt, at);
}

function secondsUntil(freeAt: number, at: number): number {
  return Math.max(1, Math.ceil((freeAt - at) / 1000));
}

/** 4.2: page 0 of a list at most once in two hours; a violation pauses the client for 30 to 75 minutes. */
function listingPause(
  store: Store,
  random: () => number,
  { traffic, arrival }: { traffic: ClientTraffic; arrival: Arrival },
): number | undefined {
  const { endpoint, page, at } = arrival;
  if (page !== 0 || (endpoint !== 'users' && endpoint !== 'groups')) return undefined;
  const { knobs } = store.meta;
  const last = traffic.firstPageAt[endpoint];
  if (last === undefined || at - last >= knobs.frequencyWindowSeconds * 1000) {
    traffic.firstPageAt[endpoint] = at;
    return undefined;
  }
  const pauseSeconds = pickBetween(random, knobs.frequencyRetryAfterSeconds);
  if (knobs.frequencyBlocksAllCalls) traffic.blockedUntil = at + pauseSeconds * 1000;
  return pauseSeconds;
}
