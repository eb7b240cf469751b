"""Pure text work: cleaning, quoting, rendering, languages."""
