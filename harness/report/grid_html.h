/* grid_html.h -- a grid as an HTML table that a screen reader can follow and a phone can scroll. */
#ifndef REACH_GRID_HTML_H
#define REACH_GRID_HTML_H

#include "report/grid.h"

/* A box of class "wide" with one table: caption, headings with their scope, rows headed by the first column; below the rule
 * a body of class "floor"; the best as <strong>, deviations in a span "sd".  A row of titles only if the grid has groups. */
void grid_html(FILE *out, const struct grid *g);

#endif
