/** What is stored of the Adobe org's groups and profiles. */
import * as z from 'zod';

/** `o / CAT#<groupId>`: a group or profile of the Adobe org as the last complete listing showed it. */
export const CatalogueEntry = z.looseObject({
  groupId: z.string(),
  name: z.string(),
  type: z.string(),
  productName: z.string().optional(),
  memberCount: z.number().int().optional(),
  licenseQuota: z.string().optional(),
  /** Keys of the names it had before, the last one last. */
  formerly: z.array(z.string()).optional(),
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;
