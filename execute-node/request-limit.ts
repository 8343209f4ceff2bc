/**
 * The longest request to the agent, in bytes. The largest job ad of ours, with a whole seed, takes three quarters of it. It
 * stands alone, so that a hook that needs it loads no more.
 */
export const REQUEST_MAX_BYTES = 128 * 1024;
