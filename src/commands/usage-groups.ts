/** What usage can be grouped by, as it is typed. */
export const usageGroups = ["daily", "session", "model", "account", "client", "provider"] as const;
