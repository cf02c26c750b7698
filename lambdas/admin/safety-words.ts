/** What `status` says about safety: pauses, a table that nobody confirmed, open holds, and that nobody is protected (V8). */
import type { Connection } from '../directory/records.ts';
import type { AdminParts } from './parts.ts';
import { pauseLines } from './pause.ts';
import { count, reasonWord } from './words.ts';

export async function safetyLines(parts: AdminParts, connection: Connection): Promise<string[]> {
  const [newest] = await parts.directory.listHolds(parts.org, 1);
  return [
    ...(await pauseLines(parts)),
    ...(connection.restored ? [reasonWord('restored') ?? ''] : []),
    ...(newest?.state === 'open'
      ? [
          `Hold ${newest.id} waits for you: ${count(newest.pairs, 'removal')} came onto it. Which of them still wait, and what to do: holds show ${newest.id}`,
        ]
      : []),
    ...(connection.settings.protected.length === 0
      ? ['Nobody is on the protected list of the settings: put at least the last administrators there.']
      : []),
  ];
}
