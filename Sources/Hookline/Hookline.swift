// Hookline
