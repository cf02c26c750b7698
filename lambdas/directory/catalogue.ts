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

/** An e-mail domain as the last complete listing showed it. */
export const DomainSeen = z.looseObject({
  domain: z.string(),
  people: z.number().int(),
  /** How many of each identity type, as Adobe spells it. */
  types: z.record(z.string(), z.number().int()),
  /** Federated people whose username is not their e-mail. */
  differ: z.number().int(),
  /** That most of them have. */
  country: z.string().optional(),
});
export type DomainSeen = z.infer<typeof DomainSeen>;
