/**
 * Of everything that is published as JSON: this API's replies and the commands' `--json`. It grows when a field goes or
 * changes its meaning; fields and routes that are added leave it as it is.
 */
export const schemaVersion = 1;
