/** The names of the wire formats. In the hub, because everything the hub keeps for one format only is keyed by them. */

/** Every wire format this build speaks. Grows as formats land; formats/table.ts must have a row for each. */
export const formatIds = ["openai-chat", "claude"] as const;
export type FormatId = (typeof formatIds)[number];
