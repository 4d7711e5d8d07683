"""Chemistry and retrieval as plain, typed functions.

Nothing here knows a language model, a prompt or a graph; only `molreflect.tools.langchain_tools` knows LangChain.
"""
