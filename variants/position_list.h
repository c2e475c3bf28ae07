/* position_list.h -- one line per position scheme. */
POSITION(none)
POSITION(sinusoidal)
POSITION(learned)
POSITION(rope)
POSITION(alibi)
