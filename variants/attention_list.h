/* attention_list.h -- one line per attention; everything that loops over attentions reads this. */
ATTENTION(vanilla)
ATTENTION(keynorm)
ATTENTION(longformer)
ATTENTION(local)
ATTENTION(linformer)
ATTENTION(performer)
ATTENTION(linear)
ATTENTION(transformer_xl)
