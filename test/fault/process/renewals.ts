/** What the renewing processes and whoever watches them agree on. */
export const startedAt = Date.UTC(2026, 10, 22);
/** A login of the fake service lasts eight hours: with this between two events every one finds it over. */
export const betweenEventsMs = 9 * 3_600_000;
