/* page_style.c -- the style sheet of the report: one column of prose, wide tables in boxes of their own, light, dark and paper.
 *
 * System fonts, no image, nothing from elsewhere.  Text has a contrast of 7 to 1 or more against its ground, muted text and
 * links 4.5 to 1 (WCAG AA).  Figures stay on white: their colours are chosen for it.
 */
#include <stddef.h>

#include "report/page_part.h"

/* In parts, as no text of C need be longer than 4095 bytes. */
const char *const page_style[] = {
    ":root{color-scheme:light dark;--ground:#fff;--text:#1a1e23;--muted:#555f6b;--line:#d5dae0;--strong-line:#78828d;--link:#0a56a5;"
    "--box:#f5f7f9;--warn:#fff6dc;--warn-line:#c58b00;--good:#ecf6ee;--good-line:#2f8046}\n"
    "@media (prefers-color-scheme:dark){:root{--ground:#14171b;--text:#e4e7ea;--muted:#a3adb8;--line:#30363e;--strong-line:#77818c;"
    "--link:#84bcff;--box:#1d2127;--warn:#2f2711;--warn-line:#d9a62a;--good:#16281b;--good-line:#56a86d}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
    "body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"
    "'DejaVu Sans',sans-serif}\n"
    ".page{max-width:78rem;margin:0 auto;padding:2rem 1.25rem 4rem}\n"
    "a{color:var(--link)}\n"
    "a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--ground);padding:.25rem .5rem}\n"
    "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem;letter-spacing:-.01em}\n"
    "h2{font-size:1.45rem;line-height:1.25;margin:0 0 .5rem}\n"
    ".brief{font-size:1.05rem;margin-top:1.4rem}\n"
    "h3{font-size:1.12rem;margin:2.2rem 0 .5rem}\n"
    "h4{font-size:1rem;margin:1.6rem 0 .4rem}\n"
    "p,ul,ol,dl,.note{max-width:46rem;margin:.5rem 0 .9rem}\n"
    "li{margin:.2rem 0}\n"
    "header{margin-bottom:1.5rem}\n"
    ".dates,.caption,figcaption,.small{color:var(--muted);font-size:.9rem}\n"
    "section.config{border-top:2px solid var(--text);margin-top:3rem;padding-top:1.2rem}section.config:first-child{margin-top:1.5rem}\n"
    "nav ol{list-style:none;margin:0;padding:0}nav ol ol{padding-left:.9rem}\n"
    "nav{font-size:.92rem;margin:1.5rem 0}nav p{font-weight:600;margin:0 0 .3rem}nav a{text-decoration:none}nav a:hover{text-decoration:underline}\n"
    ".note{border-left:4px solid var(--line);background:var(--box);padding:.6rem .9rem;border-radius:0 .3rem .3rem 0}\n"
    ".note p{margin:.3rem 0}.note ul{margin:.3rem 0;padding-left:1.2rem}\n"
    ".warn{background:var(--warn);border-color:var(--warn-line)}.good{background:var(--good);border-color:var(--good-line)}\n",
    /* tables and figures */
    ".wide{overflow-x:auto;margin:.6rem 0 1.4rem;max-width:100%}\n"
    "table{border-collapse:separate;border-spacing:0;font-size:.9rem;line-height:1.35;font-variant-numeric:tabular-nums lining-nums}\n"
    "caption{text-align:left;font-weight:600;padding:0 0 .4rem;white-space:nowrap}\n"
    "th,td{padding:.32rem .7rem;text-align:right;white-space:nowrap;vertical-align:baseline}\n"
    "th:first-child,td:first-child{text-align:left;padding-left:.1rem}\n"
    "thead th,thead td{vertical-align:bottom;border-bottom:1.5px solid var(--strong-line);font-weight:600}\n"
    "thead th.group{text-align:center;border-bottom:1px solid var(--line)}\n"
    "tbody th{font-weight:400}\n"
    "tbody tr+tr>*{border-top:1px solid var(--line)}\n"
    "tbody+tbody tr:first-child>*{border-top:1.5px solid var(--strong-line)}\n"
    "tbody.floor th,tbody.floor td{color:var(--muted)}\n"
    "tr>th:first-child{position:sticky;left:0;background:var(--ground);z-index:1}\n"
    "thead tr+tr>th:first-child{position:static;text-align:right;padding-left:.7rem}\n"
    "tbody tr:hover>*{background:var(--box)}\n"
    "table.words td{text-align:left;white-space:normal;min-width:8rem;vertical-align:top}table.words th{text-align:left;vertical-align:top}\n"
    "table.words td.long{min-width:15rem;max-width:34rem}\n"
    ".sd{color:var(--muted);font-size:.86em}strong .sd{font-weight:400}.tie{position:absolute}\n"
    "sup{line-height:0}\n"
    "ol.notes{font-size:.86rem;color:var(--muted);padding-left:1.6rem}\n"
    "ol.notes li:target{background:var(--warn);color:var(--text)}\n"
    "figure{margin:1.2rem 0 1.6rem;max-width:56rem}\n"
    "figure .wide{margin:0;background:#fff;border:1px solid var(--line);border-radius:.4rem}\n"
    "figure svg{display:block;width:100%;min-width:37rem;height:auto}\n"
    "figcaption{margin-top:.35rem}\n"
    "pre{overflow-x:auto;background:var(--box);border:1px solid var(--line);border-radius:.3rem;padding:.7rem .9rem;font-size:.84rem;"
    "line-height:1.45;max-width:56rem}\n"
    "code,pre,kbd{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\n"
    "code{font-size:.88em;overflow-wrap:anywhere}pre code{font-size:1em;overflow-wrap:normal}th code{overflow-wrap:normal}\n"
    "details{margin:.6rem 0}summary{cursor:pointer;color:var(--link)}\n"
    ".off{color:var(--muted)}\n"
    "footer{border-top:1px solid var(--line);margin-top:3rem;padding-top:.8rem}\n",
    /* widths and paper */
    "@media (min-width:72rem){.page{display:grid;grid-template-columns:14rem minmax(0,1fr);column-gap:3rem}"
    ".page>header,.page>footer{grid-column:2}.page>main{grid-column:2}"
    ".page>nav{grid-column:1;grid-row:1/span 3;position:sticky;top:2rem;align-self:start;max-height:calc(100vh - 4rem);overflow-y:auto;margin:0}}\n"
    "@media (max-width:40rem){.page{padding:1.25rem .9rem 3rem}h1{font-size:1.5rem}h2{font-size:1.25rem}"
    "th,td{padding:.32rem .5rem}caption{white-space:normal;max-width:calc(100vw - 2rem);position:sticky;left:0}"
    "tbody tr>th:first-child{max-width:8.5rem;white-space:normal;overflow-wrap:break-word}"
    "tbody th:first-child,thead tr:first-child>th:first-child{border-right:1px solid var(--line)}nav.many ol ol{display:none}table.words td{min-width:6.5rem}}\n"
    "@media print{:root{color-scheme:light;--ground:#fff;--text:#000;--muted:#444;--line:#ccc;--strong-line:#666;--link:#000;--box:#fff}"
    ".page{display:block;padding:0;max-width:none}nav,.skip{display:none}body{font-size:10pt}.wide{overflow:visible}"
    "table{font-size:7.5pt}th,td{padding:.15rem .35rem}tr>th:first-child{position:static}figure,tr,.note{break-inside:avoid}"
    "h2,h3,h4,caption{break-after:avoid}pre{white-space:pre-wrap}figure svg{min-width:0;max-width:15cm}"
    "section.config{break-before:page}}\n",
    NULL,
};
