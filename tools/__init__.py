"""Chemistry and retrieval as plain, typed functions.

Nothing here knows a language model, a prompt or a graph; only `tools.bindings` knows LangChain.
"""
